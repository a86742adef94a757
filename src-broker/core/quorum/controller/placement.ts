// Which brokers get a new partition's replicas. Leaders go round from a random start; followers go round too, one step
// further with every round, so that the brokers share the load of a failed one; racks alternate. Fenced brokers come last
// and never lead (Kafka: StripedReplicaPlacer).
import { integerBelow, type Random } from '../../../base/random.ts'
import type { BrokerRegistration, MetadataImage } from '../image.ts'

/** Null when there are not enough brokers. */
export function placeReplicas(
  image: MetadataImage,
  partitionCount: number,
  replicationFactor: number,
  random: Random,
): number[][] | null {
  const brokers = [...image.brokers.values()].filter(({ inControlledShutdown }) => !inControlledShutdown)
  const alive = alternatingRacks(brokers.filter(({ fenced }) => !fenced))
  const fenced = alternatingRacks(brokers.filter(({ fenced }) => fenced))
  if (replicationFactor > alive.length + fenced.length || alive.length === 0) return null
  const start = integerBelow(random, alive.length)
  return Array.from({ length: partitionCount }, (_, partition) => {
    const first = (start + partition) % alive.length
    const leader = alive[first]!
    const others = rotated(alive, first).slice(1)
    const round = Math.floor((start + partition) / alive.length)
    const candidates = [
      ...rotated(others, round % Math.max(1, others.length)),
      ...rotated(fenced, partition % Math.max(1, fenced.length)),
    ]
    return [leader, ...spreadOverRacks(leader, candidates, replicationFactor - 1)].map(({ id }) => id)
  })
}

function spreadOverRacks(
  leader: BrokerRegistration,
  candidates: BrokerRegistration[],
  count: number,
): BrokerRegistration[] {
  const used = new Map<string | null, number>([[leader.rack, 1]])
  const left = [...candidates]
  const chosen: BrokerRegistration[] = []
  while (chosen.length < count) {
    const fewest = Math.min(...left.map(({ rack }) => used.get(rack) ?? 0))
    const index = left.findIndex(({ rack, fenced }) => !fenced && (used.get(rack) ?? 0) === fewest)
    const [next] = left.splice(Math.max(0, index), 1)
    used.set(next!.rack, (used.get(next!.rack) ?? 0) + 1)
    chosen.push(next!)
  }
  return chosen
}

/** In the order of ids, one of each rack in turn. */
function alternatingRacks(brokers: readonly BrokerRegistration[]): BrokerRegistration[] {
  const byRack = new Map<string | null, BrokerRegistration[]>()
  for (const broker of [...brokers].sort((a, b) => a.id - b.id)) {
    byRack.set(broker.rack, [...(byRack.get(broker.rack) ?? []), broker])
  }
  const racks = [...byRack.values()]
  const longest = Math.max(0, ...racks.map((rack) => rack.length))
  return Array.from({ length: longest }, (_, row) => racks.flatMap((rack) => rack[row] ?? [])).flat()
}

const rotated = <T>(items: readonly T[], by: number): T[] => [...items.slice(by), ...items.slice(0, by)]
