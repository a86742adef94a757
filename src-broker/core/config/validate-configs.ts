// What Kafka refuses of a whole set of settings, in its words; undefined where it takes them.
import { brokerDefinition } from './broker-config.ts'
import { listOf } from './definition.ts'
import { topicConfigs, topicDefinition } from './topic-configs.ts'

export function topicConfigsProblem(configs: ReadonlyMap<string, string>): string | undefined {
  for (const [name, value] of configs) {
    const definition = topicDefinition(name)
    if (definition === undefined) return `Unknown topic config name: ${name}`
    const problem = definition.problem(name, value) ?? throttledReplicasProblem(name, value)
    if (problem !== undefined) return problem
  }
  if (configs.get('remote.storage.enable')?.trim().toLowerCase() === 'true') {
    return 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.'
  }
  return compactionLagProblem(configs)
}

function throttledReplicasProblem(name: string, value: string): string | undefined {
  if (!name.endsWith('.replication.throttled.replicas')) return undefined
  const items = listOf(value)
  if (value.trim() === '*' || items.every((item) => /^\d+:\d+$/.test(item))) return undefined
  return `Invalid value [${items.join(', ')}] for configuration ${name}: ${name} must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...`
}

function compactionLagProblem(configs: ReadonlyMap<string, string>): string | undefined {
  const lagMs = (name: 'min.compaction.lag.ms' | 'max.compaction.lag.ms') =>
    Number(configs.get(name) ?? topicConfigs[name].default)
  const min = lagMs('min.compaction.lag.ms')
  const max = lagMs('max.compaction.lag.ms')
  if (min <= max) return undefined
  return `conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`
}

/** Of dynamic broker settings. Names that Kafka does not know are kept: they may be for a plug-in. */
export function brokerConfigsProblem(configs: ReadonlyMap<string, string>, isForAll: boolean): string | undefined {
  const names = [...configs.keys()]
  const fixed = names.filter((name) => brokerDefinition(name)?.rules.isDynamic === false)
  if (fixed.length > 0) return `Cannot update these configs dynamically: [${fixed.join(', ')}]`
  const ofOneBroker = isForAll
    ? names.filter((name) => /^(listeners|(listener|principal|ssl|sasl)\..*)$/.test(name))
    : []
  if (ofOneBroker.length > 0) {
    return `Cannot update these configs at default cluster level, broker id must be specified: [${ofOneBroker.join(', ')}]`
  }
  for (const [name, value] of configs) {
    const problem = brokerDefinition(name)?.problem(name, value)
    if (problem !== undefined) return problem
  }
  return undefined
}
