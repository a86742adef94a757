// Brokers that come and go for good, replicas that move between them, and settings that are altered.
import type { Broker } from '../../../src-broker/core/broker.ts'
import { BrokerRemoval } from '../../../src-broker/core/quorum/broker-removal.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { newestImage } from '../health.ts'
import type { Machine } from '../machine.ts'
import { chance, pick, shuffled } from '../randoms.ts'
import type { Fault, Trouble } from './trouble.ts'

const timeoutMs = 2_000
const brokersMax = 6

interface Move {
  readonly name: string
  readonly partitionIndex: number
  readonly replicas: readonly number[] | null
}

function reassign({ cluster }: Trouble, { name, partitionIndex, replicas }: Move): void {
  const request = {
    allowReplicationFactorChange: false,
    topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
    timeoutMs,
  }
  cluster.running[0]?.enter(({ quorum }) => {
    quorum.request('AlterPartitionReassignments', request, timeoutMs, () => {})
  })
}

const partitionsOf = ({ cluster }: Trouble) => [...(newestImage(cluster)?.partitions() ?? [])]

/** One partition's replicas go elsewhere, or a move that is under way is called off. */
export const reassignment: Fault = (trouble) => {
  const { random, cluster } = trouble
  const ids = cluster.machines.map(({ id }) => id).filter((id) => !trouble.leaving.has(id))
  const all = partitionsOf(trouble)
  if (all.length === 0) return false
  const { topic, partition } = pick(random, all)
  const isMoving = partition.addingReplicas.length > 0
  const count = Math.min(ids.length, 3)
  const replicas = isMoving && chance(random, 0.5) ? null : shuffled(random, ids).slice(0, count)
  reassign(trouble, { name: topic.name, partitionIndex: partition.partition, replicas })
  return true
}

/** A new broker. It asks for a vote of its own. */
export const addBroker: Fault = (trouble) => {
  const { cluster } = trouble
  if (cluster.machines.length >= brokersMax) return false
  cluster.add().start()
  return true
}

/** Long enough for replicas to move, where nothing is in the way. */
const removedWithinMs = 10_000

/** One gives away its replicas and its vote, is stopped, and is struck off, as the host would ask for it. */
export const removeBroker: Fault = (trouble) => {
  const { cluster, random, leaving } = trouble
  const running = cluster.machines.filter(({ isServing }) => isServing)
  if (cluster.machines.length <= 3 || running.length !== cluster.machines.length || leaving.size > 0) return false
  const [gone, asked] = shuffled(random, running) as [Machine, Machine]
  leaving.add(gone.id)
  asked.enter((broker) => remove(trouble, gone, asked, broker))
  // Also in peace, as nobody else starts it again.
  trouble.world.after(removedWithinMs, () => {
    if (leaving.delete(gone.id) && !gone.isUp) trouble.restartLater(gone)
  })
  return true
}

function remove({ cluster, leaving }: Trouble, gone: Machine, asked: Machine, broker: Broker): void {
  const { quorum, image, deadlines, clusterId, env } = broker
  const removal = new BrokerRemoval({
    image,
    deadlines,
    clusterId,
    voters: () => quorum.voters,
    nowMs: () => env.monotonicMs(),
    request: (api, body, withinMs, answered) => quorum.request(api, body, withinMs, answered),
  })
  const unlessRefused = (next: () => void) => (refusal: string | null) => {
    if (refusal === null && leaving.has(gone.id)) next()
  }
  const struckOff = unlessRefused(() => {
    leaving.delete(gone.id)
    cluster.remove(gone)
    cluster.world.countFault('broker-removed')
  })
  // Who was asked may have died meanwhile.
  const forget = (): void =>
    asked.enter((running) => {
      if (running === broker) removal.forget(gone.id, struckOff)
    })
  const stop = unlessRefused(() => gone.stop(3_000, forget))
  const leave = unlessRefused(() => gone.enter((broker) => broker.quorum.leaveQuorum(stop)))
  removal.moveReplicas(gone.id, true, 6_000, leave)
}

/** Settings that change how records are kept and packed, not what is promised. */
const alterations: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['index.interval.bytes', ['0', '256', '4096']],
  ['segment.ms', ['1000', '5000', '604800000']],
  ['message.timestamp.type', ['CreateTime', 'LogAppendTime']],
  ['compression.type', ['producer', 'gzip', 'uncompressed', 'lz4']],
  ['min.insync.replicas', ['2', '3']],
]

export const alterConfigs: Fault = (trouble) => {
  const { random, plan, cluster } = trouble
  const topic = pick(random, plan.topics)
  const [name, values] = pick(random, alterations)
  if (name === 'min.insync.replicas' && topic.kind === 'unclean') return false
  const configs = [{ name, configOperation: 0, value: pick(random, values) }]
  const request = { resources: [{ resourceType: 2, resourceName: topic.name, configs }], validateOnly: false }
  pick(random, cluster.running).enter(({ quorum }) => {
    quorum.request('IncrementalAlterConfigs', request, timeoutMs, ({ response }) => {
      for (const { errorCode, errorMessage } of response?.responses ?? []) {
        if (errorCode === errors.NONE || errorCode === errors.UNKNOWN_TOPIC_OR_PARTITION) continue
        trouble.world.fail('unexpected-error', `${name} of ${topic.name}: ${errorMessage}`)
      }
    })
  })
  return true
}
