// Settings of topics and brokers, with where each comes from.
import { describeConfigs } from '../protocol/messages/32-describe-configs.ts'
import type { ClusterClient } from './cluster-client.ts'

export interface ConfigEntry {
  readonly name: string
  /** Null where sensitive. */
  readonly value: string | null
  readonly isReadOnly: boolean
  /** One of `configSources`. */
  readonly source: number
  /** What would hold if nobody had set anything; null where the broker does not say. */
  readonly defaultValue: string | null
  /** What would hold if it were not set on the topic; null where the broker does not say. */
  readonly inheritedValue: string | null
  readonly documentation: string | null
}

/** Where a setting comes from, as far as anybody here asks. */
export const configSources = { topic: 1, broker: 2, allBrokers: 3, static: 4, default: 5 } as const

const resourceTypes = { topic: 2, broker: 4 } as const

/** The configurations of some topics by name, all of them or those that are named; topics that are gone are left out. */
export async function describeTopicConfigs(
  client: ClusterClient,
  topics: readonly string[],
  names: readonly string[] | null,
): Promise<ReadonlyMap<string, readonly ConfigEntry[]>> {
  const { results } = await client.ask(describeConfigs, {
    resources: topics.map((name) => resource(resourceTypes.topic, name, names)),
    includeSynonyms: names === null,
    includeDocumentation: names === null,
  })
  const present = results.filter(({ errorCode }) => errorCode === 0)
  return new Map(present.map(({ resourceName, configs }) => [resourceName, configs.map(entryOf)]))
}

/** Only a broker itself can tell all of its settings. */
export async function describeBrokerConfigs(client: ClusterClient, brokerId: number): Promise<readonly ConfigEntry[]> {
  const connection = await client.connectionTo(brokerId)
  const { results } = await connection.call(describeConfigs, {
    resources: [resource(resourceTypes.broker, String(brokerId), null)],
    includeSynonyms: true,
    includeDocumentation: true,
  })
  return results.flatMap(({ configs }) => configs.map(entryOf))
}

/** Settings of a topic whose broker setting may be given in longer units, which no synonym tells. */
const brokerStems: Readonly<Record<string, string>> = {
  'retention.ms': 'log.retention',
  'segment.ms': 'log.roll',
  'segment.jitter.ms': 'log.roll.jitter',
}
/** The first that is set counts. */
const unitsInMs = [
  ['ms', 1],
  ['minutes', 60_000],
  ['hours', 3_600_000],
] as const

/** The same entries; what a topic overrides and its broker says in hours is asked of the broker. */
export async function withInherited(
  client: ClusterClient,
  entries: readonly ConfigEntry[],
): Promise<readonly ConfigEntry[]> {
  const isUntold = ({ name, source, inheritedValue }: ConfigEntry) =>
    name in brokerStems && source === configSources.topic && inheritedValue === null
  const [broker] = entries.some(isUntold) ? await client.brokers() : []
  if (broker === undefined) return entries
  const settings = await describeBrokerConfigs(client, broker.brokerId)
  return entries.map((entry) => {
    if (!isUntold(entry)) return entry
    const stem = brokerStems[entry.name]!
    const inMs = (pick: (setting: ConfigEntry) => string | null): string | null => {
      for (const [unit, factor] of unitsInMs) {
        const setting = settings.find(({ name }) => name === `${stem}.${unit}`)
        const value = setting === undefined ? null : pick(setting)
        if (value !== null) return Number(value) < 0 ? '-1' : String(Number(value) * factor)
      }
      return null
    }
    return {
      ...entry,
      inheritedValue: inMs(({ value }) => value),
      defaultValue: inMs(({ defaultValue }) => defaultValue),
    }
  })
}

const resource = (resourceType: number, resourceName: string, configurationKeys: readonly string[] | null) => ({
  resourceType,
  resourceName,
  configurationKeys,
})

function entryOf(config: {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly synonyms: readonly { readonly value: string | null; readonly source: number }[]
  readonly documentation: string | null
}): ConfigEntry {
  const { name, value, readOnly, configSource: source, synonyms, documentation } = config
  const fallback = synonyms.find((synonym) => synonym.source === configSources.default)
  const defaultValue = fallback?.value ?? (source === configSources.default ? value : null)
  const inherited = synonyms.find((synonym) => synonym.source !== configSources.topic)
  const inheritedValue = inherited?.value ?? (source === configSources.topic ? null : value)
  return { name, value, isReadOnly: readOnly, source, defaultValue, inheritedValue, documentation }
}
