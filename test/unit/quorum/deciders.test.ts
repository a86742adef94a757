import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src-broker/base/random.ts'
import {
  fence,
  heartbeat,
  registerBrokers,
  unfence,
} from '../../../src-broker/core/quorum/controller/broker-lifecycle.ts'
import { electLeaders } from '../../../src-broker/core/quorum/controller/elect-leaders.ts'
import { preferredLeadersReturn } from '../../../src-broker/core/quorum/controller/leadership.ts'
import { placeReplicas } from '../../../src-broker/core/quorum/controller/placement.ts'
import type { BrokerRegistrationRequest } from '../../../src-broker/core/quorum/controller-apis.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { Metadata } from '../../support/metadata.ts'

const registration = (
  brokerId: number,
  change: Partial<BrokerRegistrationRequest> = {},
): BrokerRegistrationRequest => ({
  brokerId,
  clusterId: 'test-cluster',
  incarnationId: `${brokerId}`.padStart(32, 'f'),
  listeners: [],
  features: [],
  rack: null,
  logDirs: [],
  previousBrokerEpoch: -1,
  ...change,
})
const counts = (values: readonly number[]) => [1, 2, 3, 4].map((id) => values.filter((value) => value === id).length)

describe('placement', () => {
  test('leaders and replicas are even, and whoever follows one leader follows not only that one', () => {
    const { image } = new Metadata().brokers('1', '2', '3', '4')
    const replicas = placeReplicas(image, 24, 2, seededRandom(5))!
    expect(counts(replicas.map(([leader]) => leader!))).toEqual([6, 6, 6, 6])
    expect(counts(replicas.flat())).toEqual([12, 12, 12, 12])
    expect(new Set(replicas.map((pair) => pair.join())).size).toBe(12)
  })

  test('replicas go to different racks as long as there are any', () => {
    const { image } = new Metadata().brokers('1/a', '2/a', '3/b', '4/b', '5/c', '6/c')
    const racks = new Map([...image.brokers.values()].map(({ id, rack }) => [id, rack]))
    for (const replicas of placeReplicas(image, 36, 3, seededRandom(1))!) {
      expect(new Set(replicas.map((id) => racks.get(id))).size).toBe(3)
    }
  })

  test('fenced brokers come last and never lead', () => {
    const { image } = new Metadata().brokers('1', '2', '3!')
    const two = placeReplicas(image, 10, 2, seededRandom(1))!
    const three = placeReplicas(image, 10, 3, seededRandom(1))!
    expect(two.flat()).not.toContain(3)
    expect(three.map(([leader]) => leader)).not.toContain(3)
  })

  test('more replicas than brokers cannot be', () => {
    const { image } = new Metadata().brokers('1', '2')
    expect(placeReplicas(image, 1, 3, seededRandom(1))).toBe(null)
  })
})

describe('brokers leave and return', () => {
  test('a fenced broker leads nothing and is in no ISR; where it was the last, it stays eligible', () => {
    const metadata = new Metadata().brokers('1', '2', '3').topic('t', '1,2,3', '2,3,1', '1,2 isr 1', '3,2 isr 2,3')
    metadata.replay(fence(metadata.situation, [metadata.image.brokers.get(1)!]))
    expect(metadata.partitions).toEqual([
      'leader 2 epoch 1 isr 2,3',
      'leader 2 epoch 0 isr 2,3',
      'leader -1 epoch 1 isr  elr 1 last 1',
      'leader 2 epoch 0 isr 2,3',
    ])
  })

  test('of an ISR that is fenced as a whole all stay eligible, and the preferred leader is back first', () => {
    const metadata = new Metadata().brokers('1', '2', '3').topic('t', '3,1,2')
    metadata.replay(fence(metadata.situation, [...metadata.image.brokers.values()]))
    expect(metadata.partitions).toEqual(['leader -1 epoch 1 isr  elr 3,1,2 last 3'])
    metadata.replay(unfence(metadata.situation, [...metadata.image.brokers.values()]))
    expect(metadata.partitions).toEqual(['leader 3 epoch 2 isr 3 elr 1,2'])
  })

  test('preferred leaders lead again only when they are in sync', () => {
    const metadata = new Metadata()
      .brokers('1', '2', '3')
      .topic('t', '1,2,3 isr 2,3 leader 2', '1,2,3 isr 1,2,3 leader 3')
    metadata.replay(preferredLeadersReturn(metadata.situation))
    expect(metadata.partitions).toEqual(['leader 2 epoch 0 isr 2,3', 'leader 1 epoch 1 isr 1,2,3'])
  })
})

describe('registration', () => {
  const answers = (metadata: Metadata, ...requests: BrokerRegistrationRequest[]) =>
    registerBrokers(metadata.situation, requests).response

  test('the epoch is the offset of its record', () => {
    const metadata = new Metadata().brokers('9').topic('t', '1,9')
    const { records, response } = registerBrokers(metadata.situation, [registration(1), registration(2)])
    const at = metadata.situation.nextOffset
    metadata.replay(records)
    expect(response.map(({ brokerEpoch }) => brokerEpoch)).toEqual([at + 1, at + 2])
    expect(metadata.image.brokers.get(2)).toMatchObject({ epoch: at + 2, fenced: true })
  })

  test('the same incarnation keeps its epoch and its place', () => {
    const metadata = new Metadata().brokers('1').topic('t', '1')
    const { records, response } = registerBrokers(metadata.situation, [
      registration(1, { incarnationId: metadata.image.brokers.get(1)!.incarnationId }),
    ])
    expect(response).toEqual([{ errorCode: errors.NONE, brokerEpoch: 0 }])
    expect(records).toMatchObject([{ type: 'RegisterBrokerRecord', fenced: false }])
  })

  test('is refused to the wrong cluster, to a second one with the id, and to a release that lacks a feature in use', () => {
    const metadata = new Metadata().brokers('1')
    metadata.sessions.add(1)
    metadata.replay([{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 }])
    const supports = (maxSupportedVersion: number) => ({
      features: [{ name: 'metadata.version', minSupportedVersion: 1, maxSupportedVersion }],
    })
    const codes = answers(
      metadata,
      registration(2, { clusterId: 'another', ...supports(30) }),
      registration(1, supports(30)),
      registration(3, supports(29)),
      registration(4, supports(30)),
    ).map(({ errorCode }) => errorCode)
    expect(codes).toEqual([
      errors.INCONSISTENT_CLUSTER_ID,
      errors.DUPLICATE_BROKER_REGISTRATION,
      errors.UNSUPPORTED_VERSION,
      errors.NONE,
    ])
  })
})

describe('heartbeats', () => {
  const beat = (metadata: Metadata, brokerId: number, change = {}) =>
    heartbeat(metadata.situation, {
      brokerId,
      brokerEpoch: metadata.image.brokers.get(brokerId)?.epoch ?? 0,
      currentMetadataOffset: metadata.image.endOffset,
      wantShutDown: false,
      ...change,
    })

  test('of another epoch or of nobody are refused', () => {
    const metadata = new Metadata().brokers('1')
    expect(beat(metadata, 1, { brokerEpoch: 7 }).response.errorCode).toBe(errors.STALE_BROKER_EPOCH)
    expect(beat(metadata, 2).response.errorCode).toBe(errors.BROKER_ID_NOT_REGISTERED)
  })

  test('unfence a broker once it has replayed its registration', () => {
    const metadata = new Metadata().brokers('1', '2!')
    const { epoch } = metadata.image.brokers.get(2)!
    expect(beat(metadata, 2, { currentMetadataOffset: epoch })).toMatchObject({
      records: [],
      response: { isFenced: true },
    })
    const { records, response } = beat(metadata, 2, { currentMetadataOffset: epoch + 1 })
    expect(response).toMatchObject({ isFenced: false, isCaughtUp: true })
    expect(metadata.replay(records).image.isActive(2)).toBe(true)
  })

  test('a broker that wants to go moves its leaders, waits until the others know, then is let go', () => {
    const metadata = new Metadata().brokers('1', '2').topic('t', '1,2', '1')
    const steps: string[] = []
    for (let step = 0; step < 2; step++) {
      const { records, response } = beat(metadata, 1, { wantShutDown: true })
      metadata.replay(records)
      steps.push(`${response.shouldShutDown} ${metadata.partitions.join(' · ')}`)
    }
    expect(steps).toEqual([
      'false leader 2 epoch 1 isr 2 elr 1 · leader -1 epoch 1 isr  elr 1 last 1',
      'true leader 2 epoch 1 isr 2 elr 1 · leader -1 epoch 1 isr  elr 1 last 1',
    ])
    expect(metadata.image.brokers.get(1)).toMatchObject({ fenced: true, inControlledShutdown: true })
  })
})

describe('ElectLeaders', () => {
  const preferred = 0
  const unclean = 1
  const elect = (metadata: Metadata, electionType: number, ...partitions: readonly number[]) =>
    electLeaders(metadata.situation, { electionType, topicPartitions: [{ topic: 't', partitions }] })

  test('the preferred replica takes over where it can', () => {
    const metadata = new Metadata().brokers('1', '2').topic('t', '1,2 leader 2', '1,2', '1,2 isr 2')
    const { records, response } = elect(metadata, preferred, 0, 1, 2, 9)
    const codes = response.replicaElectionResults[0]!.partitionResult.map(({ errorCode }) => errorCode)
    expect(codes).toEqual([
      errors.NONE,
      errors.ELECTION_NOT_NEEDED,
      errors.PREFERRED_LEADER_NOT_AVAILABLE,
      errors.UNKNOWN_TOPIC_OR_PARTITION,
    ])
    expect(metadata.replay(records).partitions[0]).toBe('leader 1 epoch 1 isr 1,2')
  })

  test('an unclean election takes any living replica, and marks the partition as recovering', () => {
    const metadata = new Metadata().brokers('1!', '2').topic('t', '1,2 isr 1 leader -1', '1 leader -1', '2,1')
    const { records, response } = elect(metadata, unclean, 0, 1, 2)
    const codes = response.replicaElectionResults[0]!.partitionResult.map(({ errorCode }) => errorCode)
    expect(codes).toEqual([errors.NONE, errors.ELIGIBLE_LEADERS_NOT_AVAILABLE, errors.ELECTION_NOT_NEEDED])
    expect(metadata.replay(records).partitions[0]).toBe('leader 2 epoch 1 isr 2 elr 1')
    expect(metadata.image.partition('t', 0)!.leaderRecoveryState).toBe(1)
  })

  test('asked for all, it tells only of those where something was to do', () => {
    const metadata = new Metadata().brokers('1', '2').topic('t', '1,2 leader 2', '1,2')
    const { response } = electLeaders(metadata.situation, { electionType: preferred, topicPartitions: null })
    expect(response.replicaElectionResults).toMatchObject([
      { topic: 't', partitionResult: [{ partitionId: 0, errorCode: 0 }] },
    ])
  })
})
