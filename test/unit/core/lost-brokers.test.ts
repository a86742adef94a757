// Clients that lose a broker ask the next one at once who leads now. Broker 1 is asked here, when broker 2 has just been killed.
import { expect, test } from 'vitest'
import { metadata } from '../../../src-broker/api/03-metadata.ts'
import { findCoordinator } from '../../../src-broker/api/10-find-coordinator.ts'
import type { Handler } from '../../../src-broker/api/handler.ts'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import type { Broker } from '../../../src-broker/core/broker.ts'
import { LostBrokers } from '../../../src-broker/core/lost-brokers.ts'
import { fence } from '../../../src-broker/core/quorum/controller/broker-lifecycle.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { Metadata } from '../../support/metadata.ts'
import { ask } from '../group/asked.ts'

function brokerOne() {
  const state = new Metadata().brokers('1', '2', '3').topic('orders', '2,3,1').topic('__consumer_offsets', '2,3,1')
  for (const id of [1, 2, 3]) state.sessions.add(id)
  const { image } = state
  const deadlines = new Deadlines()
  let nowMs = 0
  const lostBrokers = new LostBrokers(deadlines, () => nowMs, image)
  const broker = {
    image,
    lostBrokers,
    quorum: { controllerId: 3 },
    options: { brokerId: 1 },
    groups: { partitionFor: () => 0 },
    endpoints: (withFenced = false) =>
      [...image.brokers.values()]
        .filter(({ fenced }) => withFenced || !fenced)
        .map(({ id }) => ({ nodeId: id, host: 'localhost', port: 9090 + id, rack: null })),
  } as unknown as Broker
  const asking = <Request, Response>(
    handler: Handler<Request, Response>,
    request: object,
    version: number,
    connection = {},
  ) => ask<Response>((later) => handler(broker, request as Request, { version, connection, answer: later } as never))
  return {
    lostBrokers,
    /** Answers as `2 leads, of 1,2,3`. */
    askWhoLeads(connection = {}) {
      const asked = asking(metadata, { topics: [{ name: 'orders', topicId: '' }] }, 12, connection)
      return () => {
        const { brokers, topics } = asked.answer ?? {}
        return topics && `${topics[0]!.partitions[0]!.leaderId} leads, of ${brokers!.map(({ nodeId }) => nodeId)}`
      }
    },
    askForCoordinator() {
      const asked = asking(findCoordinator, { coordinatorKeys: ['readers'], keyType: 0 }, 6)
      return () => asked.answer?.coordinators?.map(({ errorCode, nodeId }) => (errorCode === errors.NONE ? nodeId : -1))
    },
    fenceTwo() {
      state.sessions.delete(2)
      state.replay(fence(state.situation, [image.brokers.get(2)!]))
      lostBrokers.endTurn()
    },
    passed(ms: number) {
      nowMs += ms
      deadlines.run(nowMs)
      lostBrokers.endTurn()
    },
  }
}

test('who asks between the loss of a leader and the decision on the next one is answered once that has been taken', () => {
  const broker = brokerOne()
  broker.lostBrokers.peerLost(2)
  const [leader, coordinator] = [broker.askWhoLeads(), broker.askForCoordinator()]
  broker.passed(40)
  expect([leader(), coordinator()]).toEqual([undefined, undefined])
  broker.fenceTwo()
  expect([leader(), coordinator()]).toEqual(['3 leads, of 1,3', [3]])
})

test('who asked twice is told first who leads, then that the lost broker is gone: some forget with it what has just moved away', () => {
  const broker = brokerOne()
  broker.lostBrokers.peerLost(2)
  const connection = {}
  const [first, other, second] = [broker.askWhoLeads(connection), broker.askWhoLeads(), broker.askWhoLeads(connection)]
  broker.fenceTwo()
  expect([first(), second()]).toEqual(['3 leads, of 1,2,3', '3 leads, of 1,3'])
  expect([other(), broker.askWhoLeads(connection)()]).toEqual(['3 leads, of 1,3', '3 leads, of 1,3'])
})

test('where nothing is decided in a quarter of a second the answer is what the metadata says, from then on at once', () => {
  const broker = brokerOne()
  broker.lostBrokers.peerLost(2)
  broker.passed(100)
  const early = broker.askWhoLeads()
  broker.passed(149)
  expect(early()).toBeUndefined()
  broker.passed(1)
  expect([early(), broker.askWhoLeads()()]).toEqual(['2 leads, of 1,2,3', '2 leads, of 1,2,3'])
})

test('of two lost brokers both are waited for', () => {
  const broker = brokerOne()
  broker.lostBrokers.peerLost(3)
  broker.passed(200)
  broker.lostBrokers.peerLost(2)
  const leader = broker.askWhoLeads()
  broker.fenceTwo()
  expect(leader()).toBeUndefined()
  broker.passed(50)
  expect(leader()).toBe('3 leads, of 1,3')
})

test('nobody waits for a broker that comes back, or that was stopped in good order', () => {
  const back = brokerOne()
  back.lostBrokers.peerLost(2)
  const leader = back.askWhoLeads()
  back.lostBrokers.peerUp(2)
  back.passed(0)
  expect(leader()).toBe('2 leads, of 1,2,3')

  const stopped = brokerOne()
  stopped.fenceTwo()
  stopped.lostBrokers.peerLost(2)
  expect(stopped.askWhoLeads()()).toBe('3 leads, of 1,3')
})
