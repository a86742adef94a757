// What the clients did and what became of it, as far as they know; judged at the end against what can be read.
import { decodeText, encodeText } from '../../src-broker/base/text.ts'
import { checksum, type World } from './world.ts'

/** ok, surely not done, or unknown: an unknown write may be there zero or one time (more without idempotence). */
export type Outcome = 'pending' | 'acked' | 'failed' | 'unknown'

export interface Write {
  readonly producer: Writer
  readonly sequence: number
  outcome: Outcome
  /** Where the broker said it went; -1 unknown. */
  offset: number
}

/** One producer's writes to one partition. */
export interface Writer {
  readonly id: number
  readonly topic: string
  /** Topics of one name that follow each other are not the same. */
  readonly incarnation: number
  readonly partition: number
  readonly acks: -1 | 1
  readonly isIdempotent: boolean
  readonly writes: Write[]
}

/** Every value says where it belongs and proves that it is whole (I15). */
export function encodeValue(write: Write): Uint8Array {
  const { id, topic, partition } = write.producer
  const text = `${topic} ${partition} ${id} ${write.sequence}`
  const sum = sumOf(text)
  return encodeText(`${text} ${sum}`)
}

function sumOf(text: string): number {
  const bytes = encodeText(text)
  return checksum(bytes, 0, bytes.length)
}

/** A few records in a row, and never again: whatever compaction does to the last of them is seen. */
export const nameOfKey = (write: Write): string => `key-${Math.floor(write.sequence / 3)}`

export const keyOf = (write: Write): Uint8Array => encodeText(nameOfKey(write))

export class History {
  readonly #world: World
  readonly writers: Writer[] = []
  /** By partition and offset: the write that was seen there. */
  readonly #seen = new Map<string, Write[]>()
  recordsRead = 0
  /** Not where records may be lost: then another one may stand in their place. */
  readonly #isPromised: (topic: string) => boolean

  constructor(world: World, isPromised: (topic: string) => boolean) {
    this.#world = world
    this.#isPromised = isPromised
  }

  writer(topic: string, partition: number, acks: -1 | 1, isIdempotent: boolean, incarnation = 0): Writer {
    const writer: Writer = { id: this.writers.length, topic, incarnation, partition, acks, isIdempotent, writes: [] }
    this.writers.push(writer)
    return writer
  }

  begin(writer: Writer): Write {
    const write: Write = { producer: writer, sequence: writer.writes.length, outcome: 'pending', offset: -1 }
    writer.writes.push(write)
    return write
  }

  acked(write: Write, offset: number): void {
    write.outcome = 'acked'
    write.offset = offset
    // What only the leader has (acks=1) may be gone with it, and another record may stand there later.
    if (offset >= 0 && write.producer.acks === -1)
      this.#at(write.producer.topic, write.producer.partition, offset, write)
  }

  /** A consumer saw this value at this offset. */
  read(
    topic: string,
    incarnation: number,
    partition: number,
    offset: number,
    value: Uint8Array | null,
  ): Write | undefined {
    this.recordsRead++
    const write = this.#parse(topic, partition, offset, value)
    if (write !== undefined && write.producer.incarnation !== incarnation) {
      this.#world.fail(
        'misrouted',
        `${topic}-${partition} at ${offset} holds ${show(write)} of an earlier topic of that name`,
      )
    }
    if (write !== undefined) this.#at(topic, partition, offset, write)
    return write
  }

  #parse(topic: string, partition: number, offset: number, value: Uint8Array | null): Write | undefined {
    const text = value === null ? '' : decodeText(value)
    const [, body, ofTopic, ofPartition, id, sequence, sum] = /^(([\w-]+) (\d+) (\d+) (\d+)) (\d+)$/.exec(text) ?? []
    const place = `${topic}-${partition} at ${offset}`
    if (body === undefined || sumOf(body) !== Number(sum)) {
      this.#world.fail('damaged-record', `${place} holds ${JSON.stringify(text)}`)
      return undefined
    }
    const write = this.writers[Number(id)]?.writes[Number(sequence)]
    if (ofTopic !== topic || Number(ofPartition) !== partition || write === undefined) {
      this.#world.fail('misrouted', `${place} holds ${text}`)
      return undefined
    }
    return write
  }

  #at(topic: string, partition: number, offset: number, write: Write): void {
    const { incarnation } = write.producer
    const name = `${topic}-${partition}`
    const key = `${name} ${incarnation}`
    let seen = this.#seen.get(key)
    if (seen === undefined) this.#seen.set(key, (seen = []))
    const before = seen[offset]
    seen[offset] = write
    if (before === undefined || before === write || !this.#isPromised(topic)) return
    this.#world.fail('inconsistent-offsets', `${name} at ${offset} was ${show(before)} and is ${show(write)}`)
  }

  /** The last record of each key that was surely committed: acknowledged by all, or seen. */
  lastOfKeys(topic: string, partition: number): Map<string, number> {
    const last = new Map<string, number>()
    for (const [offset, write] of (this.#seen.get(`${topic}-${partition} 0`) ?? []).entries()) {
      if (write !== undefined) last.set(nameOfKey(write), offset)
    }
    return last
  }

  get written(): number {
    return this.writers.reduce((sum, { writes }) => sum + writes.length, 0)
  }

  get acknowledged(): number {
    let count = 0
    for (const { writes } of this.writers) for (const { outcome } of writes) if (outcome === 'acked') count++
    return count
  }
}

export const show = ({ producer, sequence, outcome, offset }: Write): string =>
  `producer ${producer.id} sequence ${sequence} (acks ${producer.acks}, ${producer.isIdempotent ? 'idempotent, ' : ''}${outcome}${offset >= 0 ? ` at ${offset}` : ''})`
