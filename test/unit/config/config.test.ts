import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  brokerConfigNames,
  brokerDefinition,
  createBrokerConfig,
  DynamicConfig,
  laptopSettings,
  withDynamic,
} from '../../../src-broker/core/config/broker-config.ts'
import { configTypes, type Definition, longMax } from '../../../src-broker/core/config/definition.ts'
import { describeAllBrokers, describeBroker, describeTopic } from '../../../src-broker/core/config/describe-configs.ts'
import { differencesTable } from '../../../src-broker/core/config/differences.ts'
import { effectiveMinInsyncReplicas, logConfigOf, topicConfig } from '../../../src-broker/core/config/topic-config.ts'
import { topicConfigSynonyms, topicConfigs } from '../../../src-broker/core/config/topic-configs.ts'
import { topicConfigsProblem } from '../../../src-broker/core/config/validate-configs.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { MetadataImage } from '../../../src-broker/core/quorum/image.ts'

const golden = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../golden', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** An image with settings: `orders: retention.ms=5` of a topic, `*: …` of all brokers, `1: …` of one. */
function imageWith(...settings: readonly string[]): MetadataImage {
  const image = new MetadataImage('test')
  for (const [offset, setting] of settings.entries()) {
    const [, place, name, value] = /^(.+): (.+)=(.*)$/.exec(setting)!
    const isBroker = place === '*' || /^\d+$/.test(place!)
    const resourceName = place === '*' ? '' : place!
    image.replay(
      { type: 'ConfigRecord', resourceType: isBroker ? 4 : 2, resourceName, name: name!, value: value! },
      offset,
    )
  }
  return image
}

const laptop = createBrokerConfig(laptopSettings(3))
const asKafka = createBrokerConfig(new Map())
const viewer = (image: MetadataImage, config = laptop) => ({ brokerId: 1, config, image })
const find = <T extends { readonly name: string }>(configs: readonly T[], name: string) =>
  configs.find((config) => config.name === name)!

describe('every setting is Kafka 4.3.1’s', () => {
  test('of a broker: name, type, default, and whether it can be altered while it runs', () => {
    const ours = brokerConfigNames().map((name) => {
      const { type, rules, kafkaDefault } = brokerDefinition(name)!
      return { name, type: configTypes[type], readOnly: !rules.isDynamic, default: kafkaDefault }
    })
    // Kafka takes these at a start only; here brokers come and go for good while a cluster runs, and they follow.
    const following = ['default.replication.factor', 'offsets.topic.replication.factor']
    const kafkas = golden('broker-configs-4.3.1.jsonl')
    for (const name of following)
      expect(kafkas.find((config) => config.name === name)).toMatchObject({ readOnly: true })
    expect(ours).toEqual(
      kafkas.map((config) => (following.includes(config.name) ? { ...config, readOnly: false } : config)),
    )
  })

  test('of a topic: name, type, default, synonym', () => {
    const described = describeTopic(viewer(new MetadataImage('test'), asKafka), 'orders')
    const ours = described.map(({ name, type, value, synonyms }) => ({
      name,
      type,
      value,
      synonyms: synonyms.map((synonym) => synonym.name),
    }))
    // Kafka's own has min.insync.replicas set for all brokers from the start (KIP-966), which says its name once more.
    const kafkas = golden('topic-configs-4.3.1.jsonl').map((config) => ({
      ...config,
      synonyms: [...new Set(config.synonyms)],
    }))
    expect(ours).toEqual(kafkas)
  })

  test('synonyms are broker settings of the same type', () => {
    for (const [name, synonym] of Object.entries(topicConfigSynonyms)) {
      const topic: Definition = topicConfigs[name as keyof typeof topicConfigs]
      expect([name, brokerDefinition(synonym)?.type]).toEqual([name, topic.type])
    }
  })
})

test('what Kafka says to settings of a topic, ours say too', () => {
  const file = readFileSync(join(import.meta.dirname, '../../golden/topic-config-verdicts-4.3.1.tsv'), 'utf8')
  const kafkas = file.trimEnd().split('\n')
  const ours = kafkas.map((line) => {
    const settings = line.split('\t')[0]!
    const configs = settings.split(';;').map((setting) => /^([^=]*)=(.*)$/.exec(setting)!.slice(1) as [string, string])
    return `${settings}\t${topicConfigsProblem(new Map(configs)) ?? 'OK'}`
  })
  expect(ours).toEqual(kafkas)
  expect(kafkas.length).toBeGreaterThan(600)
})

describe('values', () => {
  test.each([
    ['retention.ms', '-1', undefined],
    ['retention.ms', ' 5 ', undefined],
    ['retention.ms', longMax, undefined],
    ['retention.ms', '9223372036854775808', 'Not a number of type LONG'],
    ['retention.ms', '1.5', 'Not a number of type LONG'],
    ['retention.ms', '', 'Not a number of type LONG'],
    ['segment.bytes', '2147483648', 'Not a number of type INT'],
    ['min.cleanable.dirty.ratio', '1e-1', undefined],
    ['preallocate', 'yes', 'Expected value to be either true or false'],
    ['cleanup.policy', 'compact,delete', undefined],
    ['compression.gzip.level', '-1', undefined],
    ['compression.gzip.level', '0', 'Value must be between 1 and 9 or equal to -1'],
  ] as const)('%s = %j', (name, value, problem) => {
    const expected = problem === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${problem}`
    expect((topicConfigs[name] as Definition).problem(name, value)).toBe(expected)
  })
})

describe('what holds for a topic', () => {
  test('its own settings, else the dynamic ones of the broker, of all brokers, the static ones, the default', () => {
    const settings = (...given: string[]) => {
      const image = imageWith(...given)
      return topicConfig(withDynamic(laptop, image, 1), image, 'orders').segmentBytes
    }
    const all = ['*: log.segment.bytes=2000000', '1: log.segment.bytes=3000000', 'orders: segment.bytes=4000000']
    expect([settings(), settings(all[0]!), settings(all[0]!, all[1]!), settings(...all)]).toEqual([
      1_073_741_824, 2_000_000, 3_000_000, 4_000_000,
    ])
  })

  test('the broker’s settings are read once, and again when one is altered', () => {
    const dynamic = new DynamicConfig()
    const before = imageWith('*: log.segment.bytes=2000000')
    const altered = imageWith('*: log.segment.bytes=3000000')
    const first = dynamic.of(laptop, before, 1)
    expect(dynamic.of(laptop, before, 1)).toBe(first)
    expect(dynamic.of(laptop, altered, 1).logSegmentBytes).toBe(3_000_000)
  })

  test('retention in hours, minutes or milliseconds: the finest that is given', () => {
    const retention = (...given: [string, string][]) =>
      topicConfig(createBrokerConfig(new Map(given)), new MetadataImage('test'), 'orders').retentionMs
    expect([
      retention(),
      retention(['log.retention.hours', '1']),
      retention(['log.retention.hours', '1'], ['log.retention.minutes', '2']),
      retention(['log.retention.minutes', '2'], ['log.retention.ms', '3']),
      retention(['log.retention.minutes', '-1']),
    ]).toEqual([604_800_000, 3_600_000, 120_000, 3, -1])
  })

  test('a log follows it; without settings, as Kafka’s', () => {
    const logOf = (...given: string[]) => logConfigOf(topicConfig(asKafka, imageWith(...given), 'orders'))
    expect(logOf()).toEqual(defaultLogConfig)
    expect(logOf('orders: retention.ms=-1', 'orders: cleanup.policy=delete,compact')).toMatchObject({
      retentionMs: Infinity,
      cleanupPolicy: 'compact,delete',
    })
    expect(logOf('orders: cleanup.policy=')).toMatchObject({ retentionMs: Infinity, retentionBytes: Infinity })
  })

  test('min.insync.replicas never counts more replicas than there are', () => {
    const config = topicConfig(laptop, new MetadataImage('test'), 'orders')
    expect([1, 2, 3].map((replicas) => effectiveMinInsyncReplicas(config, replicas))).toEqual([1, 2, 2])
  })
})

describe('DescribeConfigs', () => {
  test('says where a value comes from, the place in force first', () => {
    const image = imageWith('*: min.insync.replicas=3', 'orders: min.insync.replicas=1')
    expect(find(describeTopic(viewer(image), 'orders'), 'min.insync.replicas')).toMatchObject({
      value: '1',
      source: 1,
      readOnly: false,
      synonyms: [
        { name: 'min.insync.replicas', value: '1', source: 1 },
        { name: 'min.insync.replicas', value: '3', source: 3 },
        { name: 'min.insync.replicas', value: '2', source: 4 },
        { name: 'min.insync.replicas', value: '1', source: 5 },
      ],
    })
  })

  test('hides what is secret', () => {
    const image = imageWith('1: ssl.key.password=hunter2', '*: my.plugin.password=hunter2')
    const broker = describeBroker(viewer(image))
    expect(find(broker, 'ssl.key.password')).toMatchObject({
      value: null,
      isSensitive: true,
      synonyms: [{ value: null }],
    })
    expect(find(describeAllBrokers(viewer(image)), 'my.plugin.password')).toMatchObject({
      value: null,
      isSensitive: true,
    })
    expect(JSON.stringify(broker).includes('hunter2')).toBe(false)
  })

  test('a laptop’s settings show as set at the start', () => {
    expect(find(describeBroker(viewer(new MetadataImage('test'))), 'num.partitions')).toMatchObject({
      value: '3',
      source: 4,
      readOnly: true,
    })
  })
})

test('a cluster of one asks for one copy of everything', () => {
  const { defaultReplicationFactor, offsetsTopicReplicationFactor, minInsyncReplicas, numPartitions } =
    createBrokerConfig(laptopSettings(1))
  expect({ defaultReplicationFactor, offsetsTopicReplicationFactor, minInsyncReplicas, numPartitions }).toEqual({
    defaultReplicationFactor: 1,
    offsetsTopicReplicationFactor: 1,
    minInsyncReplicas: 1,
    numPartitions: 3,
  })
})

test('the README’s table of differences', () => {
  expect(differencesTable()).toMatchInlineSnapshot(`
    "| Setting | Apache Kafka | Here | Why |
    |---|---|---|---|
    | \`num.partitions\` | 1 | 3 | one for each broker, so that every broker has something to lead |
    | \`default.replication.factor\` | 1 | 3 | copies cost little on one machine, and losing a broker should lose nothing |
    | \`min.insync.replicas\` | 1 | 2 | with 3 copies, what is acknowledged survives the loss of any broker; 1 while there is only one |
    | \`controller.quorum.fetch.timeout.ms\` | 2000 | 1000 | the voters share a machine; a dead one is known at once, this is for a silent one |
    | \`controller.quorum.election.timeout.ms\` | 1000 | 500 | as above |
    | \`controller.quorum.auto.join.enable\` | false | true | a broker that is added while the cluster runs votes like the others |
    | \`metadata.log.segment.bytes\` | 1073741824 | 8388608 | the log of a small cluster; it is read as a whole at each start |
    | \`metadata.log.max.record.bytes.between.snapshots\` | 20971520 | 4194304 | as above |
    | \`metadata.max.retention.bytes\` | 104857600 | 16777216 | as above |
    | \`broker.session.timeout.ms\` | 9000 | 3000 | as above |
    | \`broker.heartbeat.interval.ms\` | 2000 | 500 | as above |
    | \`leader.imbalance.check.interval.seconds\` | 300 | 5 | nobody wants to wait five minutes to see a restarted broker lead again |
    | \`log.cleaner.dedupe.buffer.size\` | 134217728 | 33554432 | several brokers share one process |
    | \`group.initial.rebalance.delay.ms\` | 3000 | 100 | on one machine the members start together or not at all |
    | \`offsets.topic.num.partitions\` | 50 | 16 | enough for every broker to coordinate, cheap to open and to read back |"
  `)
})
