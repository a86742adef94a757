import { beforeEach, expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { QuorumHarness } from '../../support/quorum-harness.ts'

const topic = 2
const broker = 4
let harness: QuorumHarness
beforeEach(() => {
  harness = QuorumHarness.started({ brokers: 1 })
  harness.createTopic('orders', 1, 1)
})

const alter = (
  resourceType: number,
  resourceName: string,
  configs: Record<string, string | null>,
  validateOnly = false,
) =>
  harness.ask('AlterConfigs', {
    resources: [
      { resourceType, resourceName, configs: Object.entries(configs).map(([name, value]) => ({ name, value })) },
    ],
    validateOnly,
  }).responses[0]?.errorCode
const settings = () => Object.fromEntries(harness.controller!.image.topicConfigs('orders'))

test('AlterConfigs sets what it names and sends the rest back to its default', () => {
  expect(alter(topic, 'orders', { 'retention.ms': '5000', 'cleanup.policy': 'compact' })).toBe(errors.NONE)
  expect(alter(topic, 'orders', { 'retention.ms': '7000' })).toBe(errors.NONE)
  expect(settings()).toEqual({ 'retention.ms': '7000' })
  expect(alter(topic, 'orders', {}, true)).toBe(errors.NONE)
  expect(settings()).toEqual({ 'retention.ms': '7000' })
  expect(alter(topic, 'orders', {})).toBe(errors.NONE)
  expect(settings()).toEqual({})
})

test('AlterConfigs refuses as a whole what IncrementalAlterConfigs would', () => {
  expect([
    alter(topic, 'orders', { 'retention.ms': 'soon' }),
    alter(topic, 'orders', { 'retention.ms': null }),
    alter(topic, 'parcels', {}),
    alter(broker, '9', {}),
    alter(16, 'metrics', {}),
  ]).toEqual([
    errors.INVALID_CONFIG,
    errors.INVALID_REQUEST,
    errors.UNKNOWN_TOPIC_OR_PARTITION,
    errors.INVALID_REQUEST,
    errors.INVALID_REQUEST,
  ])
  expect(settings()).toEqual({})
})
