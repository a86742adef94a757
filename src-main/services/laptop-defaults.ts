// What the brokers have otherwise than Apache Kafka, and why. README has the same table.
import { type ConfigEntry, configSources } from '../../src-broker/client/configs.ts'
import type { LaptopDefault } from '../contract/contract.ts'

const small = 'the cluster is small, and its metadata log is read as a whole at each start'
const near = 'the voters share a machine: what is dead is known at once, this is for what is silent'

export const reasons: Readonly<Record<string, string>> = {
  'num.partitions': 'one for each broker, so that every broker has something to lead',
  'default.replication.factor': 'copies cost little on one machine, and losing a broker should lose nothing',
  'min.insync.replicas':
    'with 3 copies, what is acknowledged survives the loss of any broker; 1 while there is only one',
  'controller.quorum.fetch.timeout.ms': near,
  'controller.quorum.election.timeout.ms': near,
  'controller.quorum.auto.join.enable': 'a broker that is added while the cluster runs votes like the others',
  'metadata.log.segment.bytes': small,
  'metadata.log.max.record.bytes.between.snapshots': small,
  'metadata.max.retention.bytes': small,
  'broker.session.timeout.ms': near,
  'broker.heartbeat.interval.ms': near,
  'leader.imbalance.check.interval.seconds': 'nobody wants to wait five minutes to see a restarted broker lead again',
  'log.cleaner.dedupe.buffer.size': 'several brokers share one process',
  'group.initial.rebalance.delay.ms': 'on one machine the members start together or not at all',
  'offsets.topic.num.partitions': 'enough for every broker to coordinate, cheap to open and to read back',
}

/** Of a broker's settings those with which it was started, or which follow the number of brokers (`min.insync.replicas`). */
export function laptopDefaultsAmong(configs: readonly ConfigEntry[]): LaptopDefault[] {
  return configs.flatMap(({ name, value, source, defaultValue, documentation }) => {
    const isOurs = source === configSources.static || (source === configSources.allBrokers && name in reasons)
    if (!isOurs || defaultValue === null || value === defaultValue) return []
    return [{ name, value: value ?? '', kafkaDefault: defaultValue, why: reasons[name] ?? documentation ?? '' }]
  })
}
