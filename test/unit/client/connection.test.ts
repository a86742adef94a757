import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Connection } from '../../../src-broker/client/connection.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { apiVersions, fetch, listGroups, metadata } from '../../../src-broker/protocol/messages/index.ts'
import { FakeBroker, frameOf } from './fake-broker.ts'

let broker: FakeBroker
const opened: Connection[] = []
beforeEach(async () => {
  broker = await FakeBroker.start()
})
afterEach(async () => {
  for (const connection of opened.splice(0)) connection.close()
  await broker.stop()
})

async function open(): Promise<Connection> {
  const options = { clientId: 'test', connectTimeoutMs: 200, requestTimeoutMs: 200 }
  const connection = await Connection.open(broker.address, options)
  opened.push(connection)
  return connection
}

/** How a broker answers an ApiVersions of a version that it does not know: in version 0 (KIP-511). */
const refusal = (correlationId: number, apiKeys: { apiKey: number; minVersion: number; maxVersion: number }[]) => ({
  raw: frameOf(apiVersions, 0, correlationId, { errorCode: errors.UNSUPPORTED_VERSION, apiKeys }),
})

const noGroups = { errorCode: 0, groups: [] }
const groupNamed = (groupId: string) => ({ errorCode: 0, groups: [{ groupId, protocolType: 'consumer' }] })

describe('negotiation', () => {
  test('each API is called in the newest version that both ends know', async () => {
    broker.on(apiVersions, () => ({ errorCode: 0, apiKeys: [{ apiKey: 3, minVersion: 2, maxVersion: 7 }] }))
    broker.on(metadata, () => ({ brokers: [], topics: [] }))
    const connection = await open()
    await connection.call(metadata, { topics: null })
    await connection.call(metadata, { topics: null }, { versionMax: 4 })
    expect(broker.requests.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'ApiVersions 4',
      'Metadata 7',
      'Metadata 4',
    ])
    expect(() => connection.call(listGroups, {})).toThrow(
      /^ListGroups on .*: The version of the request is not supported\.$/,
    )
    expect(() => connection.call(metadata, {}, { versionMax: 1 })).toThrow(/Metadata on/)
  })

  test('a broker that does not know our ApiVersions answers in version 0, and is asked again in its own newest', async () => {
    broker.on(apiVersions, (_, { version, correlationId }) => {
      const itself = { apiKey: apiVersions.key, minVersion: 0, maxVersion: 2 }
      if (version > 2) return refusal(correlationId, [itself])
      return { errorCode: 0, apiKeys: [itself, { apiKey: listGroups.key, minVersion: 0, maxVersion: 1 }] }
    })
    broker.on(listGroups, () => noGroups)
    const connection = await open()
    await connection.call(listGroups, {})
    expect(broker.requests.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'ApiVersions 4',
      'ApiVersions 2',
      'ListGroups 1',
    ])
  })

  test('a broker that refuses every version is given up, not asked for ever', async () => {
    broker.on(apiVersions, (_, { correlationId }) => refusal(correlationId, []))
    await expect(open()).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION' })
  })

  test('a port where nobody listens, and one that accepts and says nothing, fail with a sentence', async () => {
    broker.on(apiVersions, () => 'silence')
    await expect(open()).rejects.toMatchObject({
      code: 'REQUEST_TIMED_OUT',
      message: `127.0.0.1:${broker.port} did not answer ApiVersions within 200 ms.`,
    })
    await broker.stop()
    await expect(open()).rejects.toMatchObject({
      code: 'NETWORK_EXCEPTION',
      wasSent: false,
      message: `127.0.0.1:${broker.port} cannot be reached.`,
    })
    broker = await FakeBroker.start()
  })
})

describe('answers', () => {
  test('requests are pipelined and each gets its own answer', async () => {
    let count = 0
    broker.on(listGroups, () => groupNamed(`group-${count++}`))
    const connection = await open()
    const answers = await Promise.all(Array.from({ length: 50 }, () => connection.call(listGroups, {})))
    expect(answers.map(({ groups }) => groups[0]!.groupId)).toEqual(Array.from({ length: 50 }, (_, i) => `group-${i}`))
    expect(connection.inFlight).toBe(0)
  })

  test('frames may arrive in any pieces', async () => {
    const connection = await open()
    const frame = (correlationId: number) => frameOf(listGroups, 5, correlationId, groupNamed('readers'))
    const size = frame(0).length
    for (let cut = 1; cut < size; cut++) {
      // Both answers come with the first request, cut in three. ApiVersions was request 1.
      broker.on(listGroups, (_, { correlationId }) => {
        if (correlationId % 2 === 1) return 'silence'
        const both = Buffer.concat([frame(correlationId), frame(correlationId + 1)])
        return { raw: [both.subarray(0, cut), both.subarray(cut, size + cut), both.subarray(size + cut)] }
      })
      const answers = await Promise.all([connection.call(listGroups, {}), connection.call(listGroups, {})])
      expect(answers.map(({ groups }) => groups[0]!.groupId)).toEqual(['readers', 'readers'])
    }
  })

  test('an answer may come in many pieces', async () => {
    broker.on(listGroups, () => ({
      errorCode: 0,
      groups: Array.from({ length: 50_000 }, (_, i) => groupNamed(`group-${i}`).groups[0]!),
    }))
    const { groups } = await (await open()).call(listGroups, {}, { timeoutMs: 5_000 })
    expect([groups.length, groups[49_999]?.groupId]).toEqual([50_000, 'group-49999'])
  })
})

describe('a hostile or broken broker', () => {
  const frame = (size: number, ...bytes: number[]) => {
    const raw = Buffer.alloc(4 + bytes.length)
    raw.writeInt32BE(size)
    raw.set(bytes, 4)
    return { raw }
  }

  test.each([
    ['a negative length', frame(-1)],
    ['a length of zero', frame(0)],
    ['two gigabytes', frame(0x7fff_ffff)],
    ['more than an answer of this kind may have', frame(16_777_217)],
    ['the reply of an HTTP server', { raw: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }],
  ])('%s ends the connection at once, without allocating', async (_name, raw) => {
    broker.on(listGroups, () => raw)
    const connection = await open()
    const before = process.memoryUsage().external
    await expect(connection.call(listGroups, {})).rejects.toMatchObject({
      code: 'NETWORK_EXCEPTION',
      message: `127.0.0.1:${broker.port} sent what is no Kafka answer.`,
    })
    expect(process.memoryUsage().external - before).toBeLessThan(4_000_000)
    expect(connection.isOpen).toBe(false)
  })

  test('a fetch answer may be larger than others', async () => {
    const records = new Uint8Array(20_000_000)
    const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 1, abortedTransactions: null, records }
    broker.on(fetch, () => ({ responses: [{ topic: 'flights', partitions: [partition] }] }))
    const connection = await open()
    const answer = await connection.call(
      fetch,
      { maxWaitMs: 0, minBytes: 0, topics: [] },
      { versionMax: 12, timeoutMs: 5_000 },
    )
    expect(answer.responses[0]!.partitions[0]!.records).toHaveLength(20_000_000)
  })

  test('an answer cut off by the end of the connection fails every request that waits', async () => {
    const connection = await open()
    const dying = broker
    broker.on(listGroups, (_, { correlationId }) => {
      setTimeout(() => void dying.stop(), 20)
      return { raw: Buffer.from([0, 0, 1, 0, 0, 0, 0, correlationId, 0, 0]) }
    })
    const [first, second] = [connection.call(listGroups, {}), connection.call(listGroups, {})]
    await expect(first).rejects.toMatchObject({ code: 'NETWORK_EXCEPTION', wasSent: true })
    await expect(second).rejects.toMatchObject({ code: 'NETWORK_EXCEPTION', wasSent: true })
    await expect(connection.call(listGroups, {})).rejects.toMatchObject({ wasSent: false })
    broker = await FakeBroker.start()
  })

  test('an array that claims more items than there are bytes is refused by its length', async () => {
    broker.on(listGroups, (_, { correlationId }) =>
      frame(14, 0, 0, 0, correlationId, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff),
    )
    const connection = await open()
    await expect(connection.call(listGroups, {}, { versionMax: 1 })).rejects.toThrow(
      'sent an answer that cannot be read.',
    )
  })

  test('an answer to another request ends the connection', async () => {
    broker.on(listGroups, (_, { correlationId }) => frame(10, 0, 0, 0, correlationId + 1, 0, 0, 0, 0, 0, 0))
    const connection = await open()
    await expect(connection.call(listGroups, {}, { versionMax: 0 })).rejects.toThrow(
      'sent an answer that cannot be read.',
    )
  })

  test('an answer that nobody waits for ends the connection', async () => {
    broker.on(listGroups, (_, { correlationId }) => {
      const once = frame(10, 0, 0, 0, correlationId, 0, 0, 0, 0, 0, 0).raw
      return { raw: Buffer.concat([once, once]) }
    })
    const connection = await open()
    await connection.call(listGroups, {}, { versionMax: 0 })
    await expect.poll(() => connection.isOpen).toBe(false)
  })

  test('silence costs the time that was given and no more', async () => {
    broker.on(listGroups, () => 'silence')
    const connection = await open()
    const startedMs = performance.now()
    await expect(connection.call(listGroups, {}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'REQUEST_TIMED_OUT',
    })
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    expect(connection.isOpen).toBe(false)
  })
})
