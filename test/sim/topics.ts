// The topics of a plan, as CreateTopics is asked for them.
import type { Plan, TopicKind, TopicPlan } from './plan.ts'

const settings: Readonly<Record<TopicKind, (plan: Plan) => Readonly<Record<string, string>>>> = {
  kept: () => ({}),
  fleeting: () => ({}),
  retained: ({ segmentBytes }) => ({ 'retention.bytes': String(2 * segmentBytes) }),
  compacted: () => ({ 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' }),
  unclean: () => ({ 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1' }),
}

export function creationOf(plan: Plan, { name, kind, partitions }: TopicPlan) {
  const configs = { 'min.insync.replicas': '2', ...settings[kind](plan) }
  return {
    name,
    numPartitions: partitions,
    replicationFactor: Math.min(3, plan.brokers),
    assignments: [],
    configs: Object.entries(configs).map(([configName, value]) => ({ name: configName, value })),
  }
}
