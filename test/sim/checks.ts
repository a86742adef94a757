// The verdict at the end: what was acknowledged is there, once, in order; what surely failed is not; all replicas are alike.
import type { Partition } from '../../src-broker/core/replica/partition.ts'
import type { Cluster } from './cluster.ts'
import { newestImage } from './health.ts'
import { type History, nameOfKey, show, type Write } from './history.ts'
import { damagedBatches, type LoggedBatch, lastOffsets, logBatches } from './logged.ts'
import type { Machine } from './machine.ts'
import { isPromised, type Plan } from './plan.ts'
import type { Reader } from './reader.ts'
import type { World } from './world.ts'

export function judge(world: World, cluster: Cluster, history: History, readers: readonly Reader[], plan: Plan): void {
  for (const reader of readers) {
    const { read, name, options, logStartOffset } = reader
    const { isCompacted, isRetained } = options
    const isKept = isPromised(plan, options.topic)
    const written = history.writers.filter(
      ({ topic, partition, incarnation }) =>
        topic === options.topic && partition === options.partition && incarnation === options.incarnation,
    )
    const times = new Map<Write, number>()
    for (const write of read) times.set(write, (times.get(write) ?? 0) + 1)
    for (const writer of written) {
      for (const write of writer.writes) {
        const count = times.get(write) ?? 0
        const mayBeGone = isCompacted || (isRetained && write.offset < logStartOffset)
        const mustBeThere = write.outcome === 'acked' && writer.acks === -1 && isKept && !mayBeGone
        if (count === 0 && mustBeThere) world.fail('lost', `${name}: ${show(write)}`)
        if (count > 0 && write.outcome === 'failed') world.fail('failed-but-there', `${name}: ${show(write)}`)
        if (count > 1 && writer.isIdempotent && isKept) {
          world.fail('duplicate', `${name}: ${count} times ${show(write)}`)
        }
      }
    }
    if (isKept) judgeOrder(world, name, read)
    if (isKept && isCompacted) judgeKeys(world, history, reader)
  }
  judgeReplicas(world, cluster, plan)
}

/** An idempotent producer's records are in the order in which it sent them. */
function judgeOrder(world: World, name: string, read: readonly Write[]): void {
  const last = new Map<number, Write>()
  for (const write of read) {
    const { id, isIdempotent } = write.producer
    if (!isIdempotent) continue
    const before = last.get(id)
    if (before !== undefined && before.sequence >= write.sequence) {
      world.fail('reordered', `${name}: ${show(write)} after ${show(before)}`)
    }
    last.set(id, write)
  }
}

/** Of each key the last record that was surely committed is there, or a later one. */
function judgeKeys(world: World, history: History, { name, options, read, offsets }: Reader): void {
  const found = new Map(read.map((write, index) => [nameOfKey(write), offsets[index]!]))
  for (const [key, offset] of history.lastOfKeys(options.topic, options.partition)) {
    const last = found.get(key) ?? -1
    if (last < offset) world.fail('lost', `${name}: the last record of ${key} was at ${offset}, and is at ${last} now`)
  }
}

/** Every replica has the same batches, byte for byte as far as a checksum can tell (I9), and none is damaged (I15). */
function judgeReplicas(world: World, cluster: Cluster, plan: Plan): void {
  const image = newestImage(cluster)!
  for (const { topic, partition } of image.partitions()) {
    const name = `${topic.name}-${partition.partition}`
    const leader = cluster.machine(partition.leader)!.broker!.replicas.get(topic.name, partition.partition)!
    const isCompacted = leader.log.config.cleanupPolicy !== 'delete'
    for (const id of partition.isr) {
      for (const at of damagedBatches(cluster.machine(id)!, name)) {
        world.fail('damaged-replica', `${id}'s ${name} does not hold at ${at} what its checksum says`)
      }
      // With all power goes what had taken the place of other records, and only some replicas have compacted those away.
      if (isCompacted && plan.hasBlackouts) continue
      // Each deletes what is too old or too much in its own time.
      const own = cluster.machine(id)!.broker!.replicas.get(topic.name, partition.partition)!
      const from = Math.max(leader.log.logStartOffset, own.log.logStartOffset)
      const expected = contentOf(cluster.machine(partition.leader)!, leader, isCompacted, from)
      const found = contentOf(cluster.machine(id)!, leader, isCompacted, from)
      const at = expected.findIndex((batch, index) => batch !== found[index])
      if (at >= 0) world.fail('replicas-differ', `${name}: ${partition.leader} has ${expected[at]}, ${id} ${found[at]}`)
    }
  }
}

/** Each replica compacts on its own: then only the last record of each key is the same. */
function contentOf(machine: Machine, { name, highWatermark }: Partition, isCompacted: boolean, from: number): string[] {
  if (!isCompacted) return logBatches(machine, name, from, highWatermark).map(tell)
  return [...lastOffsets(machine, name, highWatermark)].map(([key, offset]) => `${offset} last of ${key}`).sort()
}

const tell = ({ baseOffset, lastOffset, epoch, crc }: LoggedBatch): string =>
  `${baseOffset}..${lastOffset} of epoch ${epoch} (${crc.toString(16)})`
