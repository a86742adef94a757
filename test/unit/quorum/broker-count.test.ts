// What goes by the number of brokers is in the metadata: brokers that were started when the cluster had another size agree on it.
import { expect, test } from 'vitest'
import { createBrokerConfig, laptopSettings, withDynamic } from '../../../src-broker/core/config/broker-config.ts'
import { followBrokerCount } from '../../../src-broker/core/quorum/broker-count.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { QuorumHarness } from '../../support/quorum-harness.ts'

const name = 'min.insync.replicas'
const inForce = ({ image }: QuorumHarness, startedAmong: number, brokerId: number) =>
  withDynamic(createBrokerConfig(laptopSettings(startedAmong)), image, brokerId).minInsyncReplicas

function follow(harness: QuorumHarness, before: number, after: number): string | null {
  const outcome: (string | null)[] = []
  followBrokerCount(harness.controller!, before, after, (refusal) => outcome.push(refusal))
  harness.until(() => outcome.length > 0)
  return outcome[0]!
}

const alter = (harness: QuorumHarness, configOperation: number, value: string | null) =>
  harness.ask('IncrementalAlterConfigs', {
    resources: [{ resourceType: 4, resourceName: '', configs: [{ name, configOperation, value }] }],
    validateOnly: false,
  }).responses[0]

test('the first controller writes it down: a broker that was started among five goes by it like one that was alone', () => {
  const harness = QuorumHarness.started({ brokers: 1 })
  expect([inForce(harness, 1, 1), inForce(harness, 5, 5)]).toEqual([1, 1])
})

test('with a second broker it becomes 2 for all of them at once, and 1 again when only one is left', () => {
  const harness = QuorumHarness.started({ brokers: 2, voters: 1, settings: { [name]: '1' } })
  expect(follow(harness, 1, 2)).toBe(null)
  expect([inForce(harness, 1, 1), inForce(harness, 2, 2)]).toEqual([2, 2])
  expect(follow(harness, 2, 1)).toBe(null)
  expect([inForce(harness, 1, 1), inForce(harness, 2, 2)]).toEqual([1, 1])
})

test('a topic and the offsets get as many copies as there are brokers then, whatever their number was at a start', () => {
  const harness = QuorumHarness.started({ brokers: 3 })
  const copies = () => {
    const config = withDynamic(createBrokerConfig(laptopSettings(3)), harness.image, 1)
    return [config.defaultReplicationFactor, config.offsetsTopicReplicationFactor]
  }
  expect(copies()).toEqual([3, 3])
  expect(follow(harness, 3, 2)).toBe(null)
  expect(copies()).toEqual([2, 2])
  expect(follow(harness, 2, 3)).toBe(null)
  expect(copies()).toEqual([3, 3])
})

test('what somebody has set stays, and nobody can take it away', () => {
  const harness = QuorumHarness.started({ brokers: 1 })
  alter(harness, 0, '3')
  expect(follow(harness, 1, 2)).toBe(null)
  expect(inForce(harness, 1, 1)).toBe(3)
  expect(alter(harness, 1, null)).toMatchObject({
    errorCode: errors.INVALID_CONFIG,
    errorMessage: 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.',
  })
})
