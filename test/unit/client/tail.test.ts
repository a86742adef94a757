import { afterEach, beforeEach, expect, test } from 'vitest'
import { Tail } from '../../../src-broker/client/tail.ts'
import { fetch } from '../../../src-broker/protocol/messages/index.ts'
import { FakeCluster, FakeLog } from './fake-cluster.ts'

let cluster: FakeCluster
let tail: Tail
let logs: FakeLog[]
let seen: string[]
let skipped: number
let onlooker: () => void | Promise<void>
beforeEach(async () => {
  logs = [new FakeLog(), new FakeLog()]
  cluster = (await FakeCluster.start(2)).topic('flights', ...logs)
  seen = []
  skipped = 0
  onlooker = () => {}
  tail = tailOf('')
})
const tailOf = (contains: string) =>
  new Tail(cluster.client, {
    topic: 'flights',
    partitions: [0, 1],
    contains,
    rowsMax: 5,
    onRows: (rows, missed) => {
      seen.push(...rows.map(({ partition, offset }) => `${partition}@${offset}`))
      skipped += missed
      return onlooker()
    },
  })
afterEach(async () => {
  tail.stop()
  await cluster.stop()
})

const write = (partition: number, count = 1) => {
  for (let i = 0; i < count; i++) logs[partition]!.append([{ timestamp: 1 }])
}

test('it begins at the end and shows what comes, of every partition', async () => {
  write(0, 3)
  await tail.start()
  write(0)
  write(1, 2)
  await expect.poll(() => seen.toSorted()).toEqual(['0@3', '1@0', '1@1'])
  write(1)
  await expect.poll(() => seen.length).toBe(4)
  expect(skipped).toBe(0)
})

test('what arrives together is in order of time, and no partition is out of its own', async () => {
  cluster.topics.get('flights')![1]!.leader = 1
  await tail.start()
  let goOn = () => {}
  onlooker = () => new Promise<void>((resolve) => void (goOn = resolve))
  write(0)
  await expect.poll(() => seen).toEqual(['0@0'])
  onlooker = () => {}
  logs[0]!.append([{ timestamp: 40 }])
  logs[0]!.append([{ timestamp: 10 }]) // Its producer's clock was set back.
  logs[1]!.append([{ timestamp: 20 }])
  logs[1]!.append([{ timestamp: 50 }])
  goOn()
  await expect.poll(() => seen).toEqual(['0@0', '1@0', '0@1', '0@2', '1@1'])
})

test('asked for a text, it shows what holds it and passes over the rest', async () => {
  tail = tailOf('jfk')
  await tail.start()
  logs[0]!.append([{ timestamp: 1, value: 'LAX' }])
  logs[0]!.append([{ timestamp: 1, value: 'from JFK' }])
  logs[1]!.append([{ timestamp: 1, key: 'jfk' }])
  await expect.poll(() => seen.toSorted()).toEqual(['0@1', '1@0'])
  expect(skipped).toBe(0)
})

test('an onlooker who is busy is not sent more, and then gets the last rows and how many are missing', async () => {
  await tail.start()
  let goOn = () => {}
  onlooker = () =>
    new Promise<void>((resolve) => {
      goOn = resolve
    })
  write(0)
  await expect.poll(() => seen).toEqual(['0@0'])
  write(0, 100)
  await new Promise((done) => setTimeout(done, 150))
  expect(seen).toEqual(['0@0'])
  onlooker = () => {}
  goOn()
  await expect.poll(() => seen.length + skipped).toBe(101)
  expect(seen.at(-1)).toBe('0@100')
  expect(seen.length).toBeLessThanOrEqual(11)
})

test('a leader that moves or hangs up costs a pause, and no row', async () => {
  await tail.start()
  write(0)
  await expect.poll(() => seen).toEqual(['0@0'])
  cluster.topics.get('flights')![0]!.leader = 2
  write(0, 2)
  await expect.poll(() => seen, { timeout: 3_000 }).toEqual(['0@0', '0@1', '0@2'])
  let hangsUp = 2
  const answers = cluster.brokers[1]!
  answers.intercept(fetch, () => (hangsUp-- > 0 ? 'hang up' : undefined))
  write(0)
  await expect.poll(() => seen.at(-1), { timeout: 3_000 }).toBe('0@3')
})

test('a partition without a leader joins when it has one', async () => {
  cluster.topics.get('flights')![1]!.leader = -1
  await tail.start()
  write(0)
  await expect.poll(() => seen).toEqual(['0@0'])
  cluster.topics.get('flights')![1]!.leader = 1
  await expect
    .poll(
      () => {
        write(1)
        return seen.some((place) => place.startsWith('1@'))
      },
      { timeout: 5_000, interval: 100 },
    )
    .toBe(true)
})

test('once stopped it asks nothing more', async () => {
  await tail.start()
  write(0)
  await expect.poll(() => seen).toEqual(['0@0'])
  tail.stop()
  await new Promise((done) => setTimeout(done, 50))
  const before = cluster.fetches
  write(0)
  await new Promise((done) => setTimeout(done, 100))
  expect([seen, cluster.fetches]).toEqual([['0@0'], before])
})
