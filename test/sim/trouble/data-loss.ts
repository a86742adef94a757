// What takes data: power losses and wiped disks. Both wait for the moment at which the settings promise to survive them, and after
// them nothing else goes wrong until the controller has taken note.
import { isTakenNoteOf, maySpare, newestImage } from '../health.ts'
import type { Machine } from '../machine.ts'
import { between, chance, pick, shuffled } from '../randoms.ts'
import { moveLeader } from './leaders.ts'
import { safeEveryMs, safeWithinMs, whenSafe } from './moment.ts'
import type { Fault, Trouble } from './trouble.ts'

export const powerLoss: Fault = (trouble) => {
  let busy: Machine | undefined
  whenSafe(trouble, () => {
    const { cluster, random } = trouble
    const victim = busy ?? powerVictim(trouble)
    if (!maySpare(cluster, victim)) return undefined
    if (busy !== undefined || chance(random, 0.5)) return losePower(trouble, victim)
    // The controller writes on while it syncs, the others wait.
    const controller = cluster.machines.find(({ broker, id }) => broker?.quorum.controllerId === id)
    busy = chance(random, 0.3) ? victim : (controller ?? victim)
    keepBusy(trouble, busy)
    return undefined
  })
  return true
}

/** Its disk is slow, and there is one thing after the other to write: much of it is not synced when the next one comes. */
function keepBusy(trouble: Trouble, victim: Machine): void {
  const { cluster, random } = trouble
  victim.syncMs = between(random, 100, 1_000)
  trouble.lasts(1_000, () => {
    victim.syncMs = 1
  })
  const partitions = [...(newestImage(cluster)?.partitions() ?? [])]
  for (let ms = 0; ms < safeEveryMs && partitions.length > 0; ms += 8) {
    const { topic, partition } = pick(random, partitions)
    const order = shuffled(random, partition.replicas)
    trouble.after(ms, () => moveLeader(cluster.running[0], topic.name, partition.partition, order))
  }
}

/** Anybody; often the last member of an ISR, or one that is eligible beside it. */
function powerVictim({ cluster, random }: Trouble): Machine {
  const machines = [...cluster.machines]
  // What a slow disk has not synced yet is the more.
  const slow = machines.filter(({ syncMs }) => syncMs > 1)
  if (slow.length > 0 && chance(random, 0.5)) return pick(random, slow)
  if (chance(random, 0.6)) {
    const few = [...(newestImage(cluster)?.partitions() ?? [])].filter(({ partition: { isr } }) => isr.length === 1)
    if (few.length > 0) {
      const { isr, eligibleLeaderReplicas } = pick(random, few).partition
      const found = cluster.machine(pick(random, [...isr, ...isr, ...eligibleLeaderReplicas]))
      if (found !== undefined) return found
    }
  }
  return pick(random, machines)
}

/** Returns when it is taken note of. */
export function losePower(trouble: Trouble, victim: Machine, restartMs?: number): () => boolean {
  const { cluster, random } = trouble
  const { brokerEpoch } = victim.broker!.quorum
  trouble.note('power-loss', `on ${victim.id}`)
  victim.losePower(chance(random, 0.4))
  trouble.restartLater(victim, restartMs ?? (chance(random, 0.4) ? between(random, 1, 60) : undefined))
  const isMended = (): boolean => isTakenNoteOf(cluster, victim, brokerEpoch)
  if (chance(random, 0.6)) trouble.when(isMended, safeWithinMs, () => pursue(trouble, victim, brokerEpoch))
  return isMended
}

/**
 * Whoever lost its power is back and has not caught up, as it cannot copy. Now a leader dies for which it must not be taken to
 * stand in.
 */
function pursue(trouble: Trouble, victim: Machine, lostEpoch: number): void {
  const { cluster, random } = trouble
  trouble.starve(victim, between(random, 500, 4_000))
  const isBack = (): boolean => {
    const registered = newestImage(cluster)?.brokers.get(victim.id)
    return registered !== undefined && registered.epoch !== lostEpoch && !registered.fenced
  }
  trouble.when(isBack, 3_000, () => {
    trouble.after(between(random, 0, 200), () => {
      const led = [...(newestImage(cluster)?.partitions() ?? [])].filter(
        ({ partition: { replicas, leader } }) => replicas.includes(victim.id) && leader !== victim.id && leader >= 0,
      )
      const leader = led.length === 0 ? undefined : cluster.machine(pick(random, led).partition.leader)
      if (leader?.isUp !== true || !trouble.mayStrike) return
      trouble.note('crash', `on ${leader.id}, who leads while ${victim.id} lacks what it lost`)
      trouble.crash(leader)
    })
  })
}

export const wipe: Fault = (trouble) => {
  whenSafe(trouble, () => {
    if (!trouble.isCalm) return undefined
    const victim = pick(trouble.random, trouble.cluster.machines)
    trouble.note('wipe', `on ${victim.id}`)
    victim.wipe()
    trouble.onWiped(victim)
    trouble.restartLater(victim)
    return () => trouble.isCalm
  })
  return true
}

export function blackout(trouble: Trouble): void {
  trouble.note('blackout', '')
  for (const machine of trouble.cluster.running) {
    machine.losePower(false)
    trouble.restartLater(machine)
  }
}

/** A member of an ISR that alone cannot copy leaves it, however well everything else is; the others go on. */
export const laggard: Fault = (trouble) => {
  whenSafe(trouble, () => {
    if (!trouble.isCalm) return undefined
    const { cluster, random, world } = trouble
    const victim = pick(random, cluster.machines)
    trouble.note('laggard', `on ${victim.id}`)
    const lengthMs = trouble.plan.replicaLagTimeMaxMs + 2_500
    const untilMs = world.nowMs + lengthMs + 10
    trouble.starve(victim, lengthMs + 5)
    const ends = new Map<string, End>()
    trouble.after(800, () => {
      for (const { topicId, index, log, follower } of victim.broker?.replicas.all() ?? []) {
        const leader = cluster.machines.find(({ id }) => id === follower?.leaderId)
        const led = leader?.broker?.replicas.getById(topicId, index)
        // Nobody is behind in a log that is idle: the time runs from what is written next.
        if (follower === undefined || led === undefined || led.log.logEndOffset <= log.logEndOffset) continue
        ends.set(`${topicId}-${index}`, { leaderEpoch: follower.leaderEpoch, logEndOffset: log.logEndOffset })
      }
    })
    trouble.after(lengthMs, () => holdToTheLag(trouble, victim, ends))
    return () => world.nowMs > untilMs
  })
  return true
}

interface End {
  readonly leaderEpoch: number
  readonly logEndOffset: number
}

function holdToTheLag({ cluster, world }: Trouble, victim: Machine, ends: ReadonlyMap<string, End>): void {
  for (const { topic, partition } of newestImage(cluster)?.partitions() ?? []) {
    const { leader, isr } = partition
    const led = cluster.machine(leader)?.broker?.replicas.get(topic.name, partition.partition)
    const before = ends.get(`${topic.id}-${partition.partition}`)
    // A new leader gives everybody the time anew.
    if (led === undefined || before === undefined || led.leader?.epoch !== before.leaderEpoch) continue
    const endOffset = before.logEndOffset
    const appended = led.log.logEndOffset
    if (isr.includes(victim.id) && appended > endOffset && led.highWatermark <= endOffset) {
      world.fail('laggard-in-isr', `${led.name} waits at ${led.highWatermark} of ${appended} for ${victim.id}`)
    }
  }
}
