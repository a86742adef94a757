/**
 * One partition on several brokers, without quorum, sockets or sleeping: the replica layer alone, with a controller that does
 * what the test says. Messages are held while a link is cut, and lost when a broker dies, as over a message port.
 */
import { crc32c } from '@node-rs/crc32'
import { Deadlines } from '../../src-broker/base/deadlines.ts'
import { DiskError } from '../../src-broker/base/disk.ts'
import { seededRandom } from '../../src-broker/base/random.ts'
import type { Env } from '../../src-broker/core/env.ts'
import { defaultLogConfig } from '../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../src-broker/core/log/log-directory.ts'
import type { PeerMessage } from '../../src-broker/core/peer.ts'
import type { ReplicaFetch, ReplicaFetchResponse } from '../../src-broker/core/replica/hand-off.ts'
import { IsrChanges, type IsrProposal } from '../../src-broker/core/replica/isr-changes.ts'
import type { Partition } from '../../src-broker/core/replica/partition.ts'
import { Replicas } from '../../src-broker/core/replica/replicas.ts'
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { viewOf } from '../../src-broker/protocol/reader.ts'
import { buildBatch } from '../../src-broker/records/build.ts'
import { MemoryDisk } from './memory-disk.ts'

const topic = 'orders'
const topicId = 'a'.repeat(32)
const checksum = (bytes: Uint8Array, from: number, to: number) => crc32c(bytes.subarray(from, to))

interface Node {
  readonly id: number
  readonly disk: MemoryDisk
  deadlines: Deadlines
  logs: LogDirectory
  replicas: Replicas
  partition: Partition
}

interface InFlight {
  readonly from: number
  readonly to: number
  readonly message: PeerMessage
}

export type Acknowledgement = 'waiting' | 'acknowledged' | string

export class ReplicaCluster {
  nowMs = 0
  readonly #nodes = new Map<number, Node>()
  readonly #disks = new Map<number, MemoryDisk>()
  readonly #cut = new Set<string>()
  readonly #unaware = new Set<number>()
  #inFlight: InFlight[] = []
  readonly #minInsyncReplicas: number
  readonly brokerIds: readonly number[]
  // What the controller has committed.
  leaderId = -1
  leaderEpoch = 0
  partitionEpoch = 0
  isr: readonly number[]
  /** When set, ISR changes are asked for and never answered. */
  holdIsrChanges = false
  /** Followers that said they cannot go on. */
  readonly stuck: string[] = []
  /** So many reads of a leader's file bring a wrong bit. */
  corruptReads = 0

  readonly #brokerEpochs = new Map<number, number>()

  constructor(brokerCount: number, minInsyncReplicas: number) {
    this.brokerIds = Array.from({ length: brokerCount }, (_, index) => index + 1)
    this.isr = this.brokerIds
    this.#minInsyncReplicas = minInsyncReplicas
    for (const id of this.brokerIds) this.start(id)
  }

  // --- brokers ---

  start(id: number): void {
    const disk = this.#disks.get(id) ?? new MemoryDisk()
    this.#disks.set(id, disk)
    const deadlines = new Deadlines()
    const env = this.#env(disk)
    const logs = new LogDirectory(env, defaultLogConfig)
    const isrChanges = new IsrChanges({
      env,
      deadlines,
      brokerId: id,
      brokerEpoch: () => 1,
      isAlive: (broker) => this.#nodes.has(broker),
      partitions: () => replicas.all(),
      alterPartition: (proposals, answer) => this.#alterIsr(proposals, answer),
    })
    const replicas = new Replicas({
      env,
      deadlines,
      brokerId: id,
      isrChanges,
      links: {
        isUp: (peer) => this.#nodes.has(peer),
        send: (to, message) => this.#inFlight.push({ from: id, to, message: structuredClone(message) }),
      },
      brokerEpoch: () => this.#brokerEpochs.get(id) ?? 1,
      roleChanged: () => {},
      stuck: ({ log }, { leaderId }, why) => this.stuck.push(`${id} at ${log.logEndOffset} of ${leaderId}: ${why}`),
    })
    isrChanges.start()
    const log = logs.get(topic, 0) ?? logs.create(topic, 0, topicId, defaultLogConfig)
    const partition = replicas.add(topic, topicId, 0, log)
    const node: Node = { id, disk, deadlines, logs, replicas, partition }
    this.#nodes.set(id, node)
    for (const other of this.#nodes.values()) if (other !== node) other.replicas.peerUp(id)
    this.#tell(node)
    this.settle()
  }

  /** The thread ends; the page cache keeps what it wrote. */
  kill(id: number): void {
    this.#end(id)
  }

  /** An orderly stop. */
  stop(id: number): void {
    this.#node(id).logs.close(1)
    this.#end(id)
  }

  /** As after a power loss: only what was synced is there. */
  losePower(id: number): void {
    this.#end(id)
    this.#disks.set(id, this.#disks.get(id)!.crash())
  }

  #end(id: number): void {
    this.#nodes.delete(id)
    this.#inFlight = this.#inFlight.filter(({ from, to }) => from !== id && to !== id)
    for (const other of this.#nodes.values()) other.replicas.peerLost(id)
  }

  wipe(id: number): void {
    this.#disks.set(id, new MemoryDisk())
  }

  // --- the controller's part ---

  /** Anew, in the same life: it had been struck off. */
  register(id: number, brokerEpoch: number): void {
    this.#brokerEpochs.set(id, brokerEpoch)
    this.#node(id).replicas.registered()
    this.settle()
  }

  /** A new leader in a new epoch; those who are alive hear of it. */
  elect(id: number, isr: readonly number[] = this.isr): void {
    this.leaderId = id
    this.leaderEpoch++
    this.partitionEpoch++
    this.isr = isr
    this.#tellAll()
    this.settle()
  }

  /** A member left the ISR by the controller's will (it was fenced). */
  setIsr(isr: readonly number[]): void {
    this.isr = isr
    this.partitionEpoch++
    this.#tellAll()
    this.settle()
  }

  /** The same metadata once more, as when a setting was altered. */
  repeatMetadata(): void {
    this.#tellAll()
    this.settle()
  }

  #alterIsr(proposals: readonly IsrProposal[], answer: (errorCodes: readonly number[]) => void): void {
    for (const { leaderEpoch, partitionEpoch, newIsr } of proposals) {
      const commit = (): void => {
        if (leaderEpoch !== this.leaderEpoch || partitionEpoch !== this.partitionEpoch) {
          answer([errors.INVALID_UPDATE_VERSION])
          return
        }
        answer([errors.NONE])
        this.isr = newIsr
        this.partitionEpoch++
        this.#tellAll()
      }
      if (!this.holdIsrChanges) commit()
    }
  }

  #tellAll(): void {
    for (const node of this.#nodes.values()) this.#tell(node)
  }

  #tell({ id, replicas, partition }: Node): void {
    if (this.#unaware.has(id)) return
    if (this.leaderId === id) {
      replicas.lead(partition, {
        epoch: this.leaderEpoch,
        partitionEpoch: this.partitionEpoch,
        replicas: this.brokerIds,
        isr: this.isr,
        isRecovering: false,
        minInsyncReplicas: this.#minInsyncReplicas,
        replicaLagTimeMaxMs: 30_000,
      })
    } else if (this.leaderEpoch > 0) replicas.follow(partition, this.leaderId, this.leaderEpoch)
  }

  // --- clients ---

  /** Appends batches to `broker`'s replica; returns how each stands, updated as time goes on. */
  produce(
    broker: number,
    count: number,
    acks: 'all' | 'leader',
    label = 'r',
    recordsInBatch = 1,
  ): { readonly states: Acknowledgement[]; readonly offsets: number[] } {
    const { replicas, partition } = this.#node(broker)
    const states: Acknowledgement[] = []
    const offsets: number[] = []
    for (let index = 0; index < count; index++) {
      const { leader } = partition
      if (leader === undefined) {
        states.push('NOT_LEADER_OR_FOLLOWER')
        continue
      }
      if (acks === 'all' && leader.isr.length < leader.minInsyncReplicas) {
        states.push('NOT_ENOUGH_REPLICAS')
        continue
      }
      const value = new TextEncoder().encode(`${label}${index}`)
      const record = { key: null, value, timestamp: this.nowMs }
      const bytes = buildBatch(Array(recordsInBatch).fill(record), checksum)
      const { lastOffset } = replicas.append(partition, leader, bytes, viewOf(bytes), 'client')
      offsets.push(lastOffset)
      const at = states.push(acks === 'leader' || partition.highWatermark > lastOffset ? 'acknowledged' : 'waiting') - 1
      if (states[at] === 'acknowledged') continue
      leader.waiting.push({
        origin: 'client',
        endOffset: lastOffset + 1,
        completed: (code) => {
          states[at] = code === errors.NONE ? 'acknowledged' : errorOf(code).name
        },
      })
    }
    return { states, offsets }
  }

  // --- links and time ---

  /** Neither of the two sides hears the other any more; both still hear the controller. */
  cut(a: readonly number[], b: readonly number[]): void {
    for (const x of a) for (const y of b) this.#cut.add(`${x}>${y}`).add(`${y}>${x}`)
  }

  /** Hears nobody, the controller included. */
  isolate(id: number): void {
    const others = this.brokerIds.filter((other) => other !== id)
    this.cut([id], others)
    this.#unaware.add(id)
  }

  heal(): void {
    this.#cut.clear()
    this.#unaware.clear()
    this.#tellAll()
    this.settle()
  }

  advance(milliseconds: number): void {
    const until = this.nowMs + milliseconds
    for (;;) {
      this.settle()
      const next = Math.min(...[...this.#nodes.values()].map(({ deadlines }) => deadlines.nextMs))
      if (next > until) break
      this.nowMs = Math.max(this.nowMs, next)
      for (const { deadlines } of this.#nodes.values()) deadlines.run(this.nowMs)
    }
    this.nowMs = until
  }

  /** One turn of every broker and one trip of every message. */
  deliverOnce(): void {
    for (const { replicas } of this.#nodes.values()) replicas.endTurn()
    const arriving = this.#inFlight.splice(0)
    for (const { from, to, message } of arriving) this.#deliver(from, to, message)
  }

  advanceWithoutSettling(milliseconds: number): void {
    this.nowMs += milliseconds
    for (const { deadlines } of this.#nodes.values()) deadlines.run(this.nowMs)
  }

  /** Delivers until nothing is under way that can arrive. Time stands still. */
  settle(): void {
    for (let rounds = 0; rounds < 10_000; rounds++) {
      let isBusy = false
      for (const { replicas } of this.#nodes.values()) if (replicas.endTurn()) isBusy = true
      const arriving = this.#inFlight.filter(({ from, to }) => !this.#cut.has(`${from}>${to}`))
      this.#inFlight = this.#inFlight.filter(({ from, to }) => this.#cut.has(`${from}>${to}`))
      for (const { from, to, message } of arriving) this.#deliver(from, to, message)
      if (arriving.length === 0 && !isBusy) return
    }
    throw new Error('the replicas never come to rest')
  }

  #deliver(from: number, to: number, message: PeerMessage): void {
    const replicas = this.#nodes.get(to)?.replicas
    if (replicas === undefined) return
    if (Array.isArray(message)) replicas.receiveNumbers(from, message)
    else if ((message as ReplicaFetch).kind === 'replica-fetch') replicas.receiveFetch(from, message as ReplicaFetch)
    else replicas.receiveFetchResponse(from, message as ReplicaFetchResponse)
  }

  // --- looking ---

  partition(id: number): Partition {
    return this.#node(id).partition
  }

  /** One line a broker: what it is, how far its log and its high watermark go. */
  view(): string {
    const lines = this.brokerIds.map((id) => {
      const partition = this.#nodes.get(id)?.partition
      if (partition === undefined) return `${id} down`
      const { log, role } = partition
      const what = role?.kind === 'leader' ? `leader isr ${role.isr.join()}` : (role?.kind ?? 'idle')
      return `${id} ${what} leo ${log.logEndOffset} hw ${partition.highWatermark}`
    })
    return lines.join('\n')
  }

  /** The records of a replica in [0, to), as text. */
  values(id: number, to = this.#node(id).partition.log.logEndOffset): string[] {
    const { log } = this.#node(id).partition
    const values: string[] = []
    for (let offset = log.logStartOffset; offset < to; offset++) {
      const slice = log.read(offset, 1, to, true)
      const bytes = new Uint8Array(slice.byteLength)
      slice.readInto(bytes, 0)
      // One record a batch: 61 header bytes, then length, attributes, two deltas, null key, value length: all one byte here.
      values.push(new TextDecoder().decode(bytes.subarray(67, bytes.length - 1)))
    }
    return values
  }

  /** Syncs what the replica has, and writes down that it did, as a broker does now and then. */
  flush(id: number): void {
    const { logs, partition } = this.#node(id)
    partition.log.flush()
    logs.checkpoint()
  }

  setDiskFull(id: number, isFull: boolean): void {
    this.#disks.get(id)!.isFull = isFull
  }

  /** One removal of a segment file, after so many that are not. */
  refuseRemoval(id: number, after: number): void {
    this.#disks.get(id)!.removalsUntilRefusal = after + 1
  }

  /** What is in a file of a broker that is down. */
  tamper(id: number, name: string, change: (content: Uint8Array) => Uint8Array): void {
    this.#disks.get(id)!.tamper(`${topic}-0/${name}`, change)
  }

  /** The log's bytes in [0, to): equal on all replicas for what is committed. */
  bytes(id: number, to: number): Uint8Array {
    const { log } = this.#node(id).partition
    const slice = log.read(log.logStartOffset, 1 << 30, to, true)
    const bytes = new Uint8Array(slice.byteLength)
    slice.readInto(bytes, 0)
    return bytes
  }

  #node(id: number): Node {
    const node = this.#nodes.get(id)
    if (node === undefined) throw new Error(`broker ${id} is down`)
    return node
  }

  #env(disk: MemoryDisk): Env {
    return {
      wallMs: () => this.nowMs,
      monotonicMs: () => this.nowMs,
      random: seededRandom(1),
      disk,
      crc32c: checksum,
      compress: (_, block) => block,
      decompress: (_, block) => block,
      openPeerFile: (brokerId, path) => {
        const file = this.#disks.get(brokerId)?.openForReading(path)
        if (file === undefined) throw new DiskError('ENOENT', path)
        const read: typeof file.read = (into, at, length, position) => {
          const count = file.read(into, at, length, position)
          if (count > 0 && this.corruptReads-- > 0) into[at + count - 1]! ^= 1
          return count
        }
        return { read, close: () => {} }
      },
    }
  }
}
