// Settings with where they come from, as DescribeConfigs and CreateTopics show them.
import type { MetadataImage } from '../quorum/image.ts'
import { type BrokerConfig, brokerConfigNames, brokerDefinition } from './broker-config.ts'
import { configTypes, type Definition, longMax } from './definition.ts'
import { brokerDefault } from './topic-config.ts'
import { type TopicConfigName, topicConfigSynonyms, topicConfigs } from './topic-configs.ts'

/** Numbers as Kafka has them, the strongest first. */
export const configSources = { topic: 1, broker: 2, allBrokers: 3, static: 4, default: 5 } as const

export interface ConfigSetting {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export interface DescribedConfig extends ConfigSetting {
  readonly readOnly: boolean
  readonly isSensitive: boolean
  readonly type: number
  readonly doc: string
  /** All places that say something, the one in force first. */
  readonly synonyms: readonly ConfigSetting[]
}

/** Who asks: settings of a broker are those of this one. */
export interface Viewer {
  readonly brokerId: number
  /** The broker's static settings. */
  readonly config: BrokerConfig
  readonly image: MetadataImage
}

export const describeTopic = (viewer: Viewer, topic: string): DescribedConfig[] =>
  describeTopicConfigs(viewer, viewer.image.topicConfigs(topic))

/** Of a topic that does not exist yet, with these settings of its own. */
export const describeTopicConfigs = (viewer: Viewer, own: ReadonlyMap<string, string>): DescribedConfig[] =>
  Object.entries<Definition>(topicConfigs).map(([name, definition]) => {
    const value = own.get(name)
    const synonym = topicConfigSynonyms[name as TopicConfigName]
    const inherited = synonym === undefined ? [] : brokerSettings(viewer, synonym)
    const settings = value === undefined ? inherited : [{ name, value, source: configSources.topic }, ...inherited]
    return described(name, definition, settings, asText(brokerDefault(viewer.config, name as TopicConfigName)))
  })

export const describeBroker = (viewer: Viewer): DescribedConfig[] =>
  brokerConfigNames().map((name) => described(name, brokerDefinition(name)!, brokerSettings(viewer, name), null))

/** What has been set for all brokers, and nothing else. */
export const describeAllBrokers = ({ image }: Viewer): DescribedConfig[] =>
  [...image.brokerConfigs('')].map(([name, value]) => {
    const definition = brokerDefinition(name)
    const settings = [{ name, value, source: configSources.allBrokers }]
    return definition === undefined ? unknownConfig(settings[0]!) : described(name, definition, settings, null)
  })

function brokerSettings({ brokerId, config, image }: Viewer, name: string): ConfigSetting[] {
  const places = [
    { value: image.brokerConfigs(String(brokerId)).get(name), source: configSources.broker },
    { value: image.brokerConfigs('').get(name), source: configSources.allBrokers },
    { value: config.settings.get(name), source: configSources.static },
    { value: brokerDefinition(name)?.kafkaDefault ?? undefined, source: configSources.default },
  ]
  return places.flatMap(({ value, source }) => (value === undefined ? [] : [{ name, value, source }]))
}

function described(
  name: string,
  definition: Definition,
  settings: readonly ConfigSetting[],
  otherwise: string | null,
): DescribedConfig {
  const { isSensitive, type, doc, rules } = definition
  const hidden = (setting: ConfigSetting) => (isSensitive ? { ...setting, value: null } : setting)
  return {
    name,
    value: isSensitive ? null : (settings[0]?.value ?? otherwise),
    source: settings[0]?.source ?? configSources.default,
    readOnly: !Object.hasOwn(topicConfigs, name) && !rules.isDynamic,
    isSensitive,
    type: configTypes[type],
    doc,
    synonyms: settings.map(hidden),
  }
}

const asText = (value: unknown): string => (value === Number(longMax) ? longMax : String(value))

/** Kafka shows a setting that it does not know as sensitive: nobody can tell what it holds. */
const unknownConfig = ({ name, source }: ConfigSetting): DescribedConfig => ({
  name,
  value: null,
  source,
  readOnly: false,
  isSensitive: true,
  type: 0,
  doc: '',
  synonyms: [{ name, value: null, source }],
})
