// Looks into the brokers while they run, and holds them to what replication and Raft promise: one leader an epoch, high
// watermarks that never go back, and what was committed once in every later leader's log, byte for byte.
import type { Broker } from '../../src-broker/core/broker.ts'
import { metadataDirectory } from '../../src-broker/core/quorum/metadata-log.ts'
import type { Partition } from '../../src-broker/core/replica/partition.ts'
import type { Cluster } from './cluster.ts'
import { newestImage } from './health.ts'
import { type LoggedBatch, logBatches } from './logged.ts'
import type { Machine } from './machine.ts'
import { Moves } from './moves.ts'
import type { World } from './world.ts'

/** What has been committed, batch by batch, whoever leads. */
class Committed {
  readonly byBaseOffset = new Map<number, LoggedBatch>()
  endOffset = 0
  /** Offsets that were committed and deleted between two looks: another replica may still have them. */
  readonly #unseen: { readonly from: number; readonly to: number }[] = []

  add(batch: LoggedBatch): void {
    if (batch.baseOffset > this.endOffset) this.#unseen.push({ from: this.endOffset, to: batch.baseOffset })
    this.byBaseOffset.set(batch.baseOffset, batch)
    this.endOffset = Math.max(this.endOffset, batch.lastOffset + 1)
  }

  isUnseen({ baseOffset, lastOffset }: LoggedBatch): boolean {
    return this.#unseen.some(({ from, to }) => baseOffset >= from && lastOffset < to)
  }
}

interface Seen {
  epoch: number
  highWatermark: number
}

const lookEveryMs = 150
const downForMs = 1_500
/** Records between two looks: more than any trouble gives cause for. */
const decisionsMax = 150
/** Before it, brokers and topics are made. */
const startingOffset = 100

export class Oracle {
  readonly #world: World
  readonly #cluster: Cluster
  readonly #raftLeaders = new Map<number, number>()
  readonly #raftSeen = new Map<number, { life: number; epoch: number; highWatermark: number; isKept: boolean }>()
  readonly #metadata = new Committed()
  readonly #partitionLeaders = new Map<string, number>()
  readonly #committed = new Map<string, Committed>()
  readonly #seen = new Map<string, Seen>()
  /** Not where the settings promise less: committed records may be lost. */
  readonly #isPromised: (topic: string) => boolean

  constructor(cluster: Cluster, isPromised: (topic: string) => boolean) {
    this.#cluster = cluster
    this.#isPromised = isPromised
    this.#world = cluster.world
    this.#lookLater()
  }

  #lookLater(): void {
    this.#world.after(lookEveryMs, () => {
      this.look()
      this.#lookLater()
    })
  }

  look(): void {
    for (const machine of this.#cluster.machines) this.lookAt(machine)
    this.#lookAtIsrs()
  }

  lookAt(machine: Machine): void {
    if (machine.broker === undefined) return
    this.#lookAtQuorum(machine, machine.broker)
    for (const partition of machine.broker.replicas.all()) this.#lookAtPartition(machine, partition)
  }

  // ── the quorum ────────────────────────────────────────────────────────────────────────────────────────────────────

  electedController(machine: Machine, epoch: number): void {
    const before = this.#raftLeaders.get(epoch)
    this.#raftLeaders.set(epoch, machine.id)
    if (before !== undefined && before !== machine.id) {
      this.#world.fail('two-controllers', `${before} and ${machine.id} both lead epoch ${epoch} of the quorum`)
    }
  }

  /** Its vote and its epochs are gone with its disk. */
  wiped(machine: Machine): void {
    this.#raftSeen.delete(machine.id)
  }

  #lookAtQuorum(machine: Machine, { quorum, image }: Broker): void {
    const { leaderEpoch: epoch, highWatermark, logEndOffset, brokerEpoch } = quorum
    const before = this.#raftSeen.get(machine.id)
    // An epoch that could not be written is forgotten with the life that heard of it; it has given no vote in it.
    const isKept = !machine.disk.refused.has(`${metadataDirectory}/quorum-state`)
    this.#raftSeen.set(machine.id, { life: machine.life, epoch, highWatermark, isKept })
    const what = `broker ${machine.id}'s`
    if (before?.isKept === true && epoch < before.epoch) {
      this.#world.fail('epoch-went-back', `${what} quorum epoch went from ${before.epoch} to ${epoch}`)
    }
    if (before?.life === machine.life && highWatermark < before.highWatermark) {
      this.#world.fail('watermark-went-back', `${what} metadata went from ${before.highWatermark} to ${highWatermark}`)
    }
    if (highWatermark > logEndOffset) {
      this.#world.fail('watermark-beyond-log', `${what} metadata: ${highWatermark} of ${logEndOffset}`)
    }
    const registered = image.brokers.get(machine.id)
    if (registered?.epoch === brokerEpoch && registered.incarnationId !== machine.incarnationId) {
      this.#world.fail('borrowed-registration', `${what} epoch ${brokerEpoch} is that of an earlier life`)
    }
    const from = before?.life === machine.life ? before.highWatermark : 0
    if (highWatermark > from) {
      this.#compare(this.#metadata, metadataBatches(machine, from, highWatermark), highWatermark, `${what} metadata`)
    }
  }

  #metadataEndOffset = 0
  readonly #moves = new Moves()

  /** The controller does not go back and forth. Who is fenced, and has been down for long, is in no ISR beside somebody alive (KIP-841). */
  #lookAtIsrs(): void {
    const image = newestImage(this.#cluster)
    // Where all have died, the newest is that of an old snapshot for a while.
    if (image === undefined || image.endOffset < this.#metadataEndOffset) return
    const decided = image.endOffset - this.#metadataEndOffset
    this.#metadataEndOffset = image.endOffset
    if (decided > decisionsMax && this.#metadata.endOffset > startingOffset) {
      this.#world.fail('no-rest', `the controller decided ${decided} times in ${lookEveryMs} ms`)
    }
    const early = this.#moves.look(image)
    if (early !== undefined) this.#world.fail('reassigned-early', early)
    for (const { id, isUp, endedMs } of this.#cluster.machines) {
      if (isUp || this.#world.nowMs - endedMs < downForMs || image.brokers.get(id)?.fenced !== true) continue
      for (const { topic, partition } of image.partitions()) {
        if (!partition.isr.includes(id) || !partition.isr.some((member) => image.isActive(member))) continue
        this.#world.fail(
          'fenced-in-isr',
          `${id} is down and in the ISR ${partition.isr} of ${topic.name}-${partition.partition}`,
        )
      }
    }
  }

  // ── partitions ────────────────────────────────────────────────────────────────────────────────────────────────────

  #lookAtPartition(machine: Machine, partition: Partition): void {
    const { log, highWatermark, leader, name, topicId } = partition
    const what = `broker ${machine.id}'s ${name}`
    if (log.logStartOffset > log.logEndOffset || highWatermark > log.logEndOffset) {
      this.#world.fail('watermark-beyond-log', `${what}: ${log.logStartOffset}..${highWatermark}..${log.logEndOffset}`)
    }
    if (highWatermark < log.logStartOffset) {
      this.#world.fail(
        'start-beyond-watermark',
        `${what} begins at ${log.logStartOffset}, committed up to ${highWatermark}`,
      )
    }
    if (leader === undefined) return
    this.#lookAtLeader(machine, partition, `${topicId}-${partition.index}`, what)
  }

  #lookAtLeader(machine: Machine, partition: Partition, key: string, what: string): void {
    const { highWatermark, log, name } = partition
    const leader = partition.leader!
    const epochKey = `${key}-${leader.epoch}`
    const other = this.#partitionLeaders.get(epochKey)
    this.#partitionLeaders.set(epochKey, machine.id)
    if (other !== undefined && other !== machine.id) {
      this.#world.fail('two-leaders', `${what}: ${other} leads epoch ${leader.epoch} too`)
    }
    if (this.#isPromised(partition.topic)) this.#lookAtMembers(machine, partition, what)
    // What it committed is compared when its files are sound again, or another one leads.
    if (this.#cluster.rotten.get(name)?.id === machine.id) return
    const seenKey = `${key}-${machine.id}-${machine.life}`
    const seen = this.#seen.get(seenKey) ?? { epoch: -1, highWatermark: 0 }
    this.#seen.set(seenKey, seen)
    if (leader.epoch === seen.epoch && highWatermark < seen.highWatermark) {
      this.#world.fail('watermark-went-back', `${what} went from ${seen.highWatermark} to ${highWatermark}`)
    }
    const isNewLeader = leader.epoch !== seen.epoch
    const hasMoved = isNewLeader || highWatermark > seen.highWatermark
    const from = isNewLeader ? log.logStartOffset : seen.highWatermark
    seen.epoch = leader.epoch
    seen.highWatermark = highWatermark
    // What compaction rewrites is judged by its records, at the end.
    if (!hasMoved || !this.#isPromised(partition.topic) || log.config.cleanupPolicy !== 'delete') return
    let committed = this.#committed.get(key)
    if (committed === undefined) this.#committed.set(key, (committed = new Committed()))
    const isOld = this.#knowsNewerEpoch(key, leader.epoch)
    if (isNewLeader && !isOld && log.logEndOffset < committed.endOffset) {
      this.#world.fail(
        'committed-lost',
        `${what} leads epoch ${leader.epoch} up to ${log.logEndOffset} of ${committed.endOffset}`,
      )
      return
    }
    const to = isNewLeader && !isOld ? Math.max(highWatermark, committed.endOffset) : highWatermark
    this.#compare(committed, logBatches(machine, name, from, to), highWatermark, what)
  }

  /** Whoever is in the ISR has everything that is committed, in the life in which it joined. */
  #lookAtMembers(machine: Machine, { topic, topicId, index, highWatermark, leader }: Partition, what: string): void {
    const image = newestImage(this.#cluster)
    const known = image?.partition(topic, index)
    if (image === undefined || known?.topicId !== topicId) return
    if (known.leader !== machine.id || known.leaderEpoch !== leader!.epoch) return
    for (const id of known.isr) {
      const member = this.#cluster.machine(id)?.broker
      if (member === undefined || !leader!.isr.includes(id)) continue
      if (member.quorum.brokerEpoch !== image.brokers.get(id)?.epoch) continue
      const end = member.replicas.getById(topicId, index)?.log.logEndOffset ?? highWatermark
      if (end < highWatermark) {
        this.#world.fail(
          'member-lacks',
          `${what} is committed up to ${highWatermark}, ${id} is in its ISR and has ${end}`,
        )
      }
    }
  }

  readonly #newestEpoch = new Map<string, number>()

  #knowsNewerEpoch(key: string, epoch: number): boolean {
    const newest = this.#newestEpoch.get(key) ?? -1
    if (epoch > newest) this.#newestEpoch.set(key, epoch)
    return epoch < newest
  }

  /** Batches that follow each other in some log; those below `highWatermark` are committed from now on. */
  #compare(committed: Committed, batches: readonly LoggedBatch[], highWatermark: number, what: string): void {
    let before: LoggedBatch | undefined
    for (const found of batches) {
      if (before !== undefined && found.baseOffset !== before.lastOffset + 1) {
        return this.#differ(what, found, `${before.lastOffset + 1} is next`)
      }
      before = found
      const known = committed.byBaseOffset.get(found.baseOffset)
      if (known !== undefined) {
        const isSame = known.crc === found.crc && known.epoch === found.epoch && known.lastOffset === found.lastOffset
        if (!isSame) return this.#differ(what, found, `${tell(known)} was committed`)
      } else if (found.baseOffset < committed.endOffset && !committed.isUnseen(found)) {
        return this.#differ(what, found, 'another batch was committed')
      } else if (found.baseOffset < Math.max(highWatermark, committed.endOffset)) committed.add(found)
    }
  }

  #differ(what: string, found: LoggedBatch, instead: string): void {
    this.#world.fail('committed-changed', `${what} has ${tell(found)} where ${instead}`)
  }
}

const tell = ({ baseOffset, lastOffset, epoch }: LoggedBatch) => `${baseOffset}..${lastOffset} of epoch ${epoch}`

const metadataBatches = (machine: Machine, from: number, to: number): LoggedBatch[] =>
  logBatches(machine, metadataDirectory, from, to)
