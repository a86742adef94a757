import type { TopicSummary } from '../../../src-main/contract/topics.ts'

export const commonConfigs = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'min.insync.replicas',
  'max.message.bytes',
  'segment.bytes',
  'segment.ms',
  'compression.type',
  'message.timestamp.type',
  'min.cleanable.dirty.ratio',
  'delete.retention.ms',
  'flush.messages',
  'unclean.leader.election.enable',
] as const

/** Kafka's own rule for names, said before the broker has to. */
export function nameProblem(name: string, known: readonly TopicSummary[]): string | null {
  if (name === '') return null
  if (name === '.' || name === '..') return 'A topic cannot be named "." or "..".'
  if (name.length > 249) return 'A topic name has at most 249 characters.'
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return 'Letters, digits, dot, underscore and hyphen only.'
  if (known.some((topic) => topic.topic === name)) return 'This topic exists already.'
  const folded = name.replaceAll('.', '_')
  const twin = known.find((topic) => topic.topic.replaceAll('.', '_') === folded)
  return twin === undefined ? null : `Collides with ${twin.topic}: dot and underscore are one in metric names.`
}
