// A broker's settings as the code reads them: `config.numPartitions`. Made of what the host gives at the start; what was
// altered since, for one broker or for all, lies in the metadata image and is laid over it by `withDynamic`.
import type { MetadataImage } from '../quorum/image.ts'
import { type BrokerConfigName, brokerConfigs } from './broker-configs.ts'
import type { Definition } from './definition.ts'
import { inertBrokerConfigs } from './inert-broker-configs.ts'
import { type PropertyName, propertyName } from './names.ts'

type Values = {
  readonly [N in BrokerConfigName as PropertyName<N>]: (typeof brokerConfigs)[N]['value']
}

export interface BrokerConfig extends Values {
  /** What was given at the start, by Kafka's names: the static settings. */
  readonly settings: ReadonlyMap<string, string>
}

export const brokerDefinition = (name: string): Definition | undefined => definitions.get(name)

export const brokerConfigNames = (): readonly string[] => [...definitions.keys()].sort()

const definitions: ReadonlyMap<string, Definition> = new Map([
  ...Object.entries<Definition>(brokerConfigs),
  ...Object.entries(inertBrokerConfigs),
])

/** Settings of a cluster of that many brokers at its start, as far as nothing else is said. */
export function laptopSettings(brokerCount: number): Map<string, string> {
  const settings = new Map<string, string>()
  for (const [name, { rules }] of definitions) if (rules.here !== undefined) settings.set(name, rules.here.value)
  for (const name of countedSettings) settings.set(name, usualFor(name, brokerCount))
  return settings
}

/**
 * What the metadata says of all brokers from the first controller on: whoever leads a partition and whoever elects for it must go by
 * the same number, whenever each of them was started (KIP-966).
 */
export const minInsyncReplicasName = 'min.insync.replicas'

/** Those that go by how many brokers there are. */
export const countedSettings = [
  'default.replication.factor',
  'offsets.topic.replication.factor',
  minInsyncReplicasName,
] as const

/** As it is for a cluster of that many brokers where nobody has said otherwise: no more copies than there are brokers. */
export const usualFor = (name: (typeof countedSettings)[number], brokerCount: number): string =>
  String(Math.min(Number(definitions.get(name)!.default), brokerCount))

export function createBrokerConfig(settings: ReadonlyMap<string, string>): BrokerConfig {
  const values: Record<string, unknown> = { settings }
  for (const [name, definition] of Object.entries<Definition>(brokerConfigs)) {
    values[propertyName(name)] = definition.parse(settings.get(name) ?? definition.kafkaDefault)
  }
  return values as unknown as BrokerConfig
}

/** With what has been set since for all brokers, and for this one above that. */
export function withDynamic(config: BrokerConfig, image: MetadataImage, brokerId: number): BrokerConfig {
  const forAll = image.brokerConfigs('')
  const forThis = image.brokerConfigs(String(brokerId))
  if (forAll.size === 0 && forThis.size === 0) return config
  const values: Record<string, unknown> = { ...config }
  for (const [name, value] of [...forAll, ...forThis]) {
    const definition: Definition | undefined = brokerConfigs[name as BrokerConfigName]
    if (definition !== undefined) values[propertyName(name)] = definition.parse(value)
  }
  return values as unknown as BrokerConfig
}

/** As `withDynamic`, and the same object until something is altered: controllers ask with every heartbeat. */
export class DynamicConfig {
  #forAll: ReadonlyMap<string, string> = new Map()
  #forThis: ReadonlyMap<string, string> = new Map()
  #known: BrokerConfig | undefined

  of(config: BrokerConfig, image: MetadataImage, brokerId: number): BrokerConfig {
    const forAll = image.brokerConfigs('')
    const forThis = image.brokerConfigs(String(brokerId))
    if (this.#known === undefined || !isSame(forAll, this.#forAll) || !isSame(forThis, this.#forThis)) {
      this.#known = withDynamic(config, image, brokerId)
      this.#forAll = new Map(forAll)
      this.#forThis = new Map(forThis)
    }
    return this.#known
  }
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) if (b.get(name) !== value) return false
  return true
}
