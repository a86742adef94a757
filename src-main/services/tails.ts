import { randomUUID } from 'node:crypto'
import type { ClusterClient } from '../../src-broker/client/cluster-client.ts'
import { Tail } from '../../src-broker/client/tail.ts'
import type { Handlers } from '../contract/contract.ts'
import type { TailRequest } from '../contract/messages.ts'
import { RequestFailed } from '../contract/rpc.ts'
import type { EventBus } from './event-bus.ts'
import { rowOf } from './messages.ts'

/** A window that opens more than this has lost count: the oldest goes. */
const tailsMax = 16
/** Rows of one event. At some twelve events a second this is more than anybody reads. */
const rowsMax = 200

export class TailService {
  readonly handlers: Pick<Handlers, 'tail.start' | 'tail.stop'>
  readonly #client: ClusterClient
  readonly #events: EventBus
  readonly #tails = new Map<string, Tail>()

  constructor(client: ClusterClient, events: EventBus) {
    this.#client = client
    this.#events = events
    this.handlers = {
      'tail.start': (request) => this.#start(request),
      'tail.stop': ({ tailId }) => this.#stop(tailId),
    }
  }

  close(): void {
    for (const tailId of [...this.#tails.keys()]) this.#stop(tailId)
  }

  async #start({ topic, partitions: asked, contains }: TailRequest): Promise<{ tailId: string }> {
    const there = (await this.#client.topic(topic)).partitions.map(({ partition }) => partition)
    const missing = asked?.find((partition) => !there.includes(partition))
    if (missing !== undefined) {
      throw new RequestFailed('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${topic} has no partition ${missing}.`)
    }
    const tailId = randomUUID()
    const tail = new Tail(this.#client, {
      topic,
      partitions: asked ?? there,
      contains,
      rowsMax,
      onRows: (rows, skipped) => this.#events.emit('tail', { tailId, rows: rows.map(rowOf), skipped }),
    })
    this.#tails.set(tailId, tail)
    const [oldest] = this.#tails.keys()
    if (this.#tails.size > tailsMax && oldest !== undefined) this.#stop(oldest)
    await tail.start()
    return { tailId }
  }

  #stop(tailId: string): null {
    this.#tails.get(tailId)?.stop()
    this.#tails.delete(tailId)
    return null
  }
}
