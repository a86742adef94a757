import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTopics } from '../../../src-broker/protocol/messages/index.ts'
import type { SampleProgress } from '../../../src-main/contract/samples.ts'
import { EventBus } from '../../../src-main/services/event-bus.ts'
import { SampleService } from '../../../src-main/services/samples.ts'
import { Journal } from '../../../src-main/store/journal.ts'
import { FakeCluster } from '../client/fake-cluster.ts'

let cluster: FakeCluster
let journal: Journal
let service: SampleService
let sent: { readonly topic: string; readonly count: number }[]
let answer: () => Promise<void>
let isConnected: boolean

beforeEach(async () => {
  cluster = await FakeCluster.start()
  cluster.brokers[0]!.on(createTopics, ({ topics }) => ({
    topics: topics.map(({ name }) => ({ name, errorCode: 0, errorMessage: null })),
  }))
  journal = new Journal(':memory:', () => {})
  sent = []
  isConnected = false
  answer = async () => {}
  const connect = async () => {
    isConnected = true
    return {
      send: async ({ topic, messages }: { topic: string; messages: readonly unknown[] }) => {
        sent.push({ topic, count: messages.length })
        await answer()
        return []
      },
      disconnect: async () => void (isConnected = false),
    }
  }
  service = new SampleService(cluster.client, connect, new EventBus(), journal)
})
afterEach(async () => {
  await journal.close()
  await cluster.stop()
})
const load = async (...names: string[]): Promise<SampleProgress> => service.handlers['samples.load']({ names })

test('a set is sent whole and counted as it is acknowledged', async () => {
  const { sets, isCancelled } = await load('weather')
  expect(sets[0]).toMatchObject({ topic: 'weather', error: null, acknowledged: sets[0]!.total })
  expect(sent.reduce((sum, { count }) => sum + count, 0)).toBe(sets[0]!.total)
  expect([isCancelled, isConnected]).toEqual([false, false])
})

test('cancelled while a broker says nothing, it ends at once, counts what was acknowledged, and begins no other set', async () => {
  answer = () => (sent.length < 2 ? Promise.resolve() : new Promise(() => {}))
  const loading = load('weather', 'movies')
  await expect.poll(() => sent.length).toBe(2)
  await service.handlers['samples.cancel']()
  const { sets, isDone, isCancelled } = await loading
  expect(sets.map(({ acknowledged, error }) => [acknowledged, error])).toEqual([
    [2_000, null],
    [0, null],
  ])
  expect([isDone, isCancelled, isConnected]).toEqual([true, true, false])
  const [entry] = await journal.read('samples.load', 0, 1)
  expect(entry!.payload).toMatchObject([{ acknowledged: 2_000 }, { acknowledged: 0 }])
})

test('once cancelled they can be loaded again', async () => {
  answer = () => new Promise(() => {})
  const loading = load('weather')
  await expect.poll(() => sent.length).toBe(1)
  await expect(load('weather')).rejects.toMatchObject({ code: 'SAMPLES_LOADING' })
  await service.handlers['samples.cancel']()
  await loading
  answer = async () => {}
  expect((await load('weather')).isCancelled).toBe(false)
})
