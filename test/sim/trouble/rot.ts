// Disks that lie: a bit that flips, and a sync that fails. Of one broker at a time, while another sound copy is in every ISR.
//
// What is expected (faults.md, rules 31 and 36): nobody takes a damaged batch, whoever serves it, and no follower copies it. Behind the
// recovery point a restart finds it and fetches it again; before it, it stays until the replica is thrown away, as in Kafka. A broker
// whose metadata is damaged amid sound records does not start. A broker whose sync fails ends, and what it lost is fetched again.
import { DiskError } from '../../../src-broker/base/disk.ts'
import { integerBelow } from '../../../src-broker/base/random.ts'
import { metadataDirectory } from '../../../src-broker/core/quorum/metadata-log.ts'
import { viewOf } from '../../../src-broker/protocol/reader.ts'
import * as batch from '../../../src-broker/records/batch.ts'
import { isTakenNoteOf, maySpare, newestImage } from '../health.ts'
import { damagedBatches } from '../logged.ts'
import type { Machine } from '../machine.ts'
import { between, chance, pick } from '../randoms.ts'
import { noDiskFaults } from '../sim-disk.ts'
import { moveLeader } from './leaders.ts'
import { whenSafe } from './moment.ts'
import type { Fault, Trouble } from './trouble.ts'

/** Longer than any client waits for an answer. */
const underWayMs = 3_500
/** What the checksum covers begins with it. */
const checkedFrom = 17

export const bitRot: Fault = (trouble) => {
  whenSafe(trouble, () => {
    if (!trouble.isCalm) return undefined
    const { cluster, random } = trouble
    const victim = pick(random, cluster.machines)
    if (chance(random, 0.25)) return rotMetadata(trouble, victim)
    const held = [...(victim.broker?.replicas.all() ?? [])]
    return held.length === 0 ? undefined : rotPartition(trouble, victim, pick(random, held).name)
  })
  return true
}

/** Where it flipped, or undefined where there is nothing to flip. */
function flip({ random }: Trouble, { disk }: Machine, directory: string): string | undefined {
  const files = disk
    .list(directory)
    .filter((name) => name.endsWith('.log') && disk.peek(`${directory}/${name}`)!.length)
  if (files.length === 0) return undefined
  const path = `${directory}/${pick(random, files)}`
  const bytes = disk.peek(path)!
  const starts: number[] = []
  for (let at = 0; batch.isWhole(viewOf(bytes), at, bytes.length); at += batch.sizeInBytes(viewOf(bytes), at)) {
    starts.push(at)
  }
  const at = pick(random, starts)
  const size = batch.sizeInBytes(viewOf(bytes), at)
  disk.find(path)!.flipBit(at + checkedFrom + integerBelow(random, size - checkedFrom), integerBelow(random, 8))
  return `${path} at ${batch.baseOffset(viewOf(bytes), at)}`
}

function rotPartition(trouble: Trouble, victim: Machine, name: string): (() => boolean) | undefined {
  const { cluster, random } = trouble
  const where = flip(trouble, victim, name)
  if (where === undefined) return undefined
  cluster.rotten.set(name, victim)
  trouble.note('bit-rot', `on ${victim.id} in ${where}`)
  const found = [...(newestImage(cluster)?.partitions() ?? [])].find(
    ({ topic, partition }) => `${topic.name}-${partition.partition}` === name,
  )
  if (found === undefined || chance(random, 0.3)) trouble.crash(victim, 20)
  else if (chance(random, 0.8)) {
    const others = found.partition.replicas.filter((id) => id !== victim.id)
    moveLeader(cluster.running[0], found.topic.name, found.partition.partition, [victim.id, ...others])
    const follower = cluster.machine(pick(random, others))
    if (follower !== undefined && chance(random, 0.5)) trouble.after(300, () => throwAway(follower, name))
  }
  let isRepaired = false
  trouble.lasts(between(random, 1_000, 5_000), () => {
    isRepaired = true
    repair(trouble, victim, name)
  })
  return () => isRepaired && !cluster.rotten.has(name) && trouble.isCalm
}

/** Its replica is thrown away, as its owner would who has read of it, and made anew from the others. */
function repair({ cluster, world }: Trouble, victim: Machine, name: string): void {
  for (const machine of cluster.machines) {
    if (machine === victim) continue
    for (const at of damagedBatches(machine, name))
      world.fail('rot-spreads', `${machine.id}'s ${name} is damaged at ${at}`)
  }
  if (damagedBatches(victim, name).length > 0) throwAway(victim, name)
  // What it answered before is under way still.
  world.after(underWayMs, () => cluster.rotten.delete(name))
}

/** One replica is gone, and is fetched anew. */
function throwAway(machine: Machine, name: string): void {
  machine.kill()
  machine.disk.remove(name)
  machine.start()
}

function rotMetadata(trouble: Trouble, victim: Machine): (() => boolean) | undefined {
  victim.kill()
  const where = flip(trouble, victim, metadataDirectory)
  trouble.note('bit-rot', `on ${victim.id} in ${where}`)
  victim.isRotten = true
  victim.start()
  // It refuses to start, or had it at its end and fetches it again.
  if (!victim.isUp) {
    victim.wipe()
    trouble.onWiped(victim)
    trouble.restartLater(victim)
  }
  victim.isRotten = false
  return () => trouble.isCalm
}

/** The next sync fails, and with it goes what it was to keep. */
export const failingSync: Fault = (trouble) => {
  whenSafe(trouble, () => {
    const { cluster, random, world } = trouble
    const victim = pick(random, cluster.machines)
    if (!maySpare(cluster, victim) || victim.disk.faults !== noDiskFaults) return undefined
    const { brokerEpoch } = victim.broker!.quorum
    const { life } = victim
    trouble.note('failing-sync', `on ${victim.id}`)
    victim.disk.faults = {
      freeBytes: Infinity,
      before: (operation, path) => {
        if (operation === 'sync') throw new DiskError('EIO', path)
      },
      syncFailed: (inode) => {
        inode.loseDirty(random)
        world.after(0, () => {
          if (victim.life === life) world.fail('lives-on', `broker ${victim.id} goes on after a sync that failed`)
        })
      },
    }
    trouble.lasts(between(random, 300, 3_000), () => {
      victim.disk.faults = noDiskFaults
      if (!victim.isUp) trouble.restartLater(victim)
    })
    return () =>
      victim.life === life ? victim.disk.faults === noDiskFaults : isTakenNoteOf(cluster, victim, brokerEpoch)
  })
  return true
}
