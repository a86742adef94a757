import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MessagePage, MessageQuery } from '../../../src-main/contract/messages.ts'
import { MessageService } from '../../../src-main/services/messages.ts'
import { Journal } from '../../../src-main/store/journal.ts'
import { FakeCluster, FakeLog } from '../client/fake-cluster.ts'
import { kafkaBatches } from '../client/kafka-batches.ts'

let cluster: FakeCluster
let journal: Journal
let service: MessageService
beforeEach(async () => {
  cluster = await FakeCluster.start()
  journal = new Journal(':memory:', () => {})
  service = new MessageService(cluster.client, journal)
})
afterEach(async () => {
  service.close()
  await journal.close()
  await cluster.stop()
})

const ask = async (query: Partial<MessageQuery> = {}): Promise<MessagePage> =>
  service.handlers['messages.page']({
    topic: 'flights',
    partitions: null,
    from: { kind: 'newest' },
    limit: 10,
    contains: '',
    ...query,
  })

const offsets = ({ rows }: MessagePage) => rows.map(({ offset }) => offset)
const logOf = (count: number) => {
  const log = new FakeLog()
  for (let time = 0; time < count; time++) log.append([{ timestamp: time, value: `{"n":${time}}` }])
  return log
}

describe('pages', () => {
  test('a cursor goes on where the page ended; with the scan still at hand nothing is fetched again', async () => {
    cluster.topic('flights', logOf(25))
    const first = await ask()
    const fetched = cluster.fetches
    const second = await ask({ from: { kind: 'cursor', cursor: first.nextCursor! } })
    expect([offsets(first), offsets(second)]).toEqual([
      [24, 23, 22, 21, 20, 19, 18, 17, 16, 15],
      [14, 13, 12, 11, 10, 9, 8, 7, 6, 5],
    ])
    expect(cluster.fetches).toBe(fetched)
    const third = await ask({ from: { kind: 'cursor', cursor: second.nextCursor! } })
    expect([offsets(third), third.nextCursor, third.stopped]).toEqual([[4, 3, 2, 1, 0], null, 'end'])
  })

  test('the same cursor asked twice, or of another process, gives the same page', async () => {
    cluster.topic('flights', logOf(25))
    const { nextCursor } = await ask()
    const from = { kind: 'cursor', cursor: nextCursor! } as const
    const elsewhere = new MessageService(cluster.client, journal)
    const pages = [
      await ask({ from }),
      await ask({ from }),
      await elsewhere.handlers['messages.page']({ topic: 'flights', partitions: null, from, limit: 10, contains: '' }),
    ]
    elsewhere.close()
    expect(pages.map((page) => offsets(page)[0])).toEqual([14, 14, 14])
  })

  test.each([
    '',
    'bm9uc2Vuc2U',
    'e30',
    Buffer.from('{"isBackward":true,"unread":[{"partition":-1}]}').toString('base64url'),
  ])('the cursor %j is refused', async (cursor) => {
    cluster.topic('flights', logOf(1))
    await expect(ask({ from: { kind: 'cursor', cursor } })).rejects.toMatchObject({ code: 'INVALID_CURSOR' })
  })

  test('a partition that does not exist and a topic that does not exist are told apart', async () => {
    cluster.topic('flights', logOf(1))
    await expect(ask({ partitions: [0, 4] })).rejects.toMatchObject({ message: 'Topic flights has no partition 4.' })
    await expect(ask({ topic: 'trains' })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  })

  test('where nothing at all can be read the reason is the answer; where something can, it is shown and can be gone on from', async () => {
    cluster.topic('flights', logOf(2), logOf(3))
    const [first, second] = cluster.topics.get('flights')!
    first!.leader = -1
    const page = await ask()
    expect([page.rows.length, page.stopped, page.nextCursor === null]).toEqual([3, 'scan-limit', false])
    second!.leader = -1
    await expect(ask()).rejects.toMatchObject({ code: 'LEADER_NOT_AVAILABLE' })
  })
})

describe('one message', () => {
  test('comes with its headers, its bytes and its batch', async () => {
    const [, , , lz4] = kafkaBatches
    cluster.topic('flights', new FakeLog().appendBytes(lz4!.bytes, 6))
    const detail = await service.handlers['messages.detail']({ topic: 'flights', partition: 0, offset: 4 })
    expect(detail).toMatchObject({
      offset: 4,
      kind: 'record',
      key: { kind: 'text', text: 'k1' },
      value: { kind: 'json', isCut: false },
      headers: [
        { key: 'origin', value: { kind: 'text', text: 'DTW' } },
        { key: 'run', value: { kind: 'text', text: '4' } },
      ],
      keyHex: '6b31',
      batch: {
        baseOffset: 0,
        lastOffset: 5,
        recordCount: 6,
        compression: 'lz4',
        producerId: '3',
        isTransactional: false,
      },
    })
    expect('text' in detail.value && detail.value.text).toContain('"flight":9007199254740997,')
    expect(Buffer.from(detail.valueHex!, 'hex').toString()).toContain('9007199254740997')
  })

  test('an offset without a record says why, within the log and outside of it', async () => {
    cluster.topic('flights', logOf(1).skip(5))
    for (const offset of [3, 99]) {
      const detail = async () => service.handlers['messages.detail']({ topic: 'flights', partition: 0, offset })
      await expect(detail()).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' })
    }
  })

  test('a tombstone has no value, in words and in hex', async () => {
    cluster.topic('flights', new FakeLog().append([{ timestamp: 1, key: 'k', value: null }]))
    const detail = await service.handlers['messages.detail']({ topic: 'flights', partition: 0, offset: 0 })
    expect([detail.value, detail.valueHex, detail.keyHex]).toEqual([{ kind: 'null' }, null, '6b'])
  })
})
