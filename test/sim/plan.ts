// What one seed means: a cluster, its topics, its clients and the kinds of trouble it gets. Every seed draws its own mixture,
// so that rare combinations come up and each run stays small.
import type { Random } from '../../src-broker/base/random.ts'
import { between, chance, pick } from './randoms.ts'

export const faultKinds = [
  'crash',
  'power-loss',
  'pause',
  'clean-stop',
  'restart-storm',
  'isolate',
  'one-way',
  'split',
  'bridge',
  'ring',
  'break-links',
  'cut-pair',
  'delay',
  'starve',
  'laggard',
  'slow-disk',
  'full-disk',
  'disk-error',
  'cut-back',
  'wipe',
  'bit-rot',
  'failing-sync',
  'clock-jump',
  'clock-drift',
  'sleep',
  'elect-leaders',
  'shuffle-leaders',
  'there-and-back',
  'overtaken',
  'contested-vote',
  'figure-8',
  'reassignment',
  'add-broker',
  'remove-broker',
  'alter-configs',
  'whole-stop',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** Kinds that make the most of each other. */
const themes: readonly (readonly FaultKind[])[] = [
  // One life after the other, and who voted for whom.
  ['crash', 'cut-pair', 'restart-storm', 'contested-vote', 'contested-vote', 'figure-8', 'figure-8'],
  // What a disk lost, and who is taken for it.
  ['crash', 'power-loss', 'cut-pair', 'starve', 'slow-disk', 'cut-back'],
  // What lies on a disk, and is not what was written.
  ['bit-rot', 'failing-sync', 'crash', 'starve'],
  // Who has which replica.
  ['crash', 'power-loss', 'starve', 'reassignment', 'add-broker', 'remove-broker', 'shuffle-leaders', 'alter-configs'],
  // Who leads, who follows, and what is still under way.
  ['crash', 'cut-pair', 'shuffle-leaders', 'there-and-back', 'there-and-back', 'overtaken', 'overtaken'],
]

/**
 * What becomes of a topic's records: they stay, go by size, are compacted, may be lost to an unclean leader, or go with their topic,
 * which is made anew under its name again and again.
 */
export type TopicKind = 'kept' | 'retained' | 'compacted' | 'unclean' | 'fleeting'

export interface TopicPlan {
  readonly name: string
  readonly kind: TopicKind
  readonly partitions: number
}

const otherTopics: readonly (Omit<TopicPlan, 'partitions'> | undefined)[] = [
  undefined,
  { name: 'payments', kind: 'kept' },
  { name: 'metrics', kind: 'retained' },
  { name: 'accounts', kind: 'compacted' },
  { name: 'rumours', kind: 'unclean' },
  { name: 'visits', kind: 'fleeting' },
]

export interface Plan {
  readonly seed: number
  readonly brokers: number
  readonly voters: number
  readonly topics: readonly TopicPlan[]
  readonly idempotentProducers: number
  readonly plainProducers: number
  readonly leaderProducers: number
  /** Of a group whose members come and go. */
  readonly members: number
  /** Consumer groups that commit offsets from outside. */
  readonly groups: number
  readonly produceEveryMs: number
  readonly batchRecordsMax: number
  readonly inFlightMax: number
  readonly segmentBytes: number
  /** A segment ends at this age, too. */
  readonly segmentMs: number
  readonly replicaLagTimeMaxMs: number
  /** What one fetch of metadata brings: little, where a leader can die in its midst. */
  readonly metadataFetchBytes: number
  /** After so much of the metadata log the next snapshot is due. */
  readonly metadataSnapshotBytes: number
  /** Usual time of a message on its way. */
  readonly networkDelayMs: number
  readonly faults: readonly FaultKind[]
  /** Of trouble; then it is healed, and everything must come right. */
  readonly troubleMs: number
  readonly faultEveryMs: number
  /** All power goes at once, now and then: of what is not synced, nothing is promised. */
  readonly hasBlackouts: boolean
}

/** Whether what was acknowledged in a topic stays. The coordinators' own topics promise it as any other. */
export const isPromised = ({ hasBlackouts, topics }: Plan, topic: string): boolean =>
  !hasBlackouts && topics.find(({ name }) => name === topic)?.kind !== 'unclean'

export interface PlanOptions {
  readonly brokers?: number | undefined
  readonly faults?: readonly FaultKind[] | undefined
  /** Less trouble and fewer records a seed, so that a thousand of them fit into everybody's test run. */
  readonly isShort?: boolean | undefined
}

export function planOf(seed: number, random: Random, options: PlanOptions = {}): Plan {
  const theme = options.faults ?? (chance(random, 0.5) ? pick(random, themes) : undefined)
  const isElectoral = theme === themes[0]
  const brokers = options.brokers ?? pick(random, isElectoral ? [3, 3, 3, 5] : [3, 3, 3, 3, 4, 5])
  const topics: TopicPlan[] = [{ name: 'orders', kind: 'kept', partitions: 1 + Math.floor(random() * 3) }]
  const other = pick(random, otherTopics)
  if (other !== undefined) topics.push({ ...other, partitions: 1 + Math.floor(random() * 2) })
  const hasBlackouts = theme === undefined && chance(random, 0.15)
  // The fewer kinds, the more of each: a seed with two of them sees what they do to each other.
  const share = pick(random, [0.15, 0.3, 0.6])
  const drawn = faultKinds.filter(() => chance(random, share))
  const idempotentProducers = 1 + Math.floor(random() * 2)
  const plainProducers = Math.floor(random() * 2)
  const leaderProducers = Math.floor(random() * 2)
  const isShort = options.isShort === true
  const troubleMs = between(random, 9_000, 27_000) * (isShort ? 0.7 : 1)
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, 0)
  const lanes = partitions * (idempotentProducers + plainProducers + leaderProducers)
  const batches = pick(random, [80, 140, 220]) * (isShort ? 0.5 : 1)
  return {
    seed,
    brokers,
    voters: Math.min(brokers, pick(random, [3, 3, 5])),
    topics,
    idempotentProducers,
    plainProducers,
    leaderProducers,
    groups: pick(random, [0, 1, 2]),
    members: pick(random, [0, 0, 0, 2, 3]),
    produceEveryMs: (troubleMs / batches) * lanes,
    batchRecordsMax: pick(random, [1, 3, 6]),
    inFlightMax: pick(random, [1, 5, 5]),
    segmentBytes: pick(random, [1_024, 2_048, 8_192]),
    segmentMs: pick(random, [1_000, 3_000, 604_800_000]),
    replicaLagTimeMaxMs: 4_000,
    metadataFetchBytes: pick(random, isElectoral ? [1] : [1, 1_048_576, 1_048_576]),
    metadataSnapshotBytes: pick(random, [20_971_520, 20_971_520, 4_000, 800]),
    networkDelayMs: pick(random, isElectoral ? [0.05, 1, 1, 8] : [0.05, 0.05, 1, 8]),
    faults: theme ?? (drawn.length > 0 ? drawn : ['crash']),
    troubleMs,
    faultEveryMs: pick(random, [800, 2_000, 4_000]),
    hasBlackouts,
  }
}
