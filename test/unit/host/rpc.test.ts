import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import type { Handlers } from '../../../src-main/contract/contract.ts'
import { type Channel, connect, RequestFailed, requestsInFlightMax, serve } from '../../../src-main/contract/rpc.ts'

const ports: MessagePort[] = []
afterEach(() => {
  for (const port of ports.splice(0)) port.close()
})

function pair(handlers: Partial<Handlers>) {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1, port2)
  const over = (port: MessagePort): Channel => ({
    post: (message) => port.postMessage(message),
    onMessage: (callback) => port.on('message', callback),
  })
  const refusals: string[] = []
  const server = serve({ ...over(port1), refuse: (reason) => refusals.push(reason) }, handlers as Handlers)
  return { server, client: connect(over(port2)), raw: port2, refusals }
}

/** Sends anything at all and gives back the first answer. */
const answerTo = (raw: MessagePort, message: unknown): Promise<unknown> =>
  new Promise((resolve) => {
    raw.once('message', resolve)
    raw.postMessage(message)
  })

test('a request reaches its handler and its answer comes back, each to its own caller', async () => {
  const { client } = pair({
    'topics.create': async ({ topic }) => ({ topicId: `id of ${topic}` }),
    'topics.delete': async () => null,
  })
  const creation = (topic: string) => ({ topic, partitionCount: null, replicationFactor: null, configs: {} })
  const answers = await Promise.all([
    client.api['topics.create'](creation('orders')),
    client.api['topics.delete']({ topic: 'orders' }),
    client.api['topics.create'](creation('flights')),
  ])
  expect(answers).toEqual([{ topicId: 'id of orders' }, null, { topicId: 'id of flights' }])
})

test('a failure crosses with its code, a bug of a handler as INTERNAL', async () => {
  const { client } = pair({
    'topics.delete': async () => {
      throw new RequestFailed('UNKNOWN_TOPIC_OR_PARTITION', 'There is no topic orders.')
    },
    'topics.list': () => {
      throw new TypeError('x is not a function')
    },
  })
  await expect(client.api['topics.delete']({ topic: 'orders' })).rejects.toMatchObject({
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    message: 'There is no topic orders.',
  })
  await expect(client.api['topics.list']()).rejects.toMatchObject({ code: 'INTERNAL', message: 'x is not a function' })
})

test('events reach every listener until it leaves', async () => {
  const { client, server } = pair({ 'topics.list': () => [] })
  const seen: string[] = []
  const leave = client.on('changed', ({ what }) => seen.push(`first ${what}`))
  client.on('changed', ({ what }) => seen.push(`second ${what}`))
  server.emit('changed', { what: 'topics' })
  await client.api['topics.list']()
  leave()
  server.emit('changed', { what: 'groups' })
  await client.api['topics.list']()
  expect(seen).toEqual(['first topics', 'second topics', 'second groups'])
})

test('an unknown request, or the name of something every object has, is answered and runs nothing', async () => {
  const { raw } = pair({})
  for (const m of ['no.such', 'constructor', '__proto__', 'toString', '']) {
    expect(await answerTo(raw, { t: 'req', id: 7, m })).toMatchObject({
      t: 'err',
      id: 7,
      e: { code: 'UNKNOWN_REQUEST' },
    })
  }
})

test('what is no request is refused, and the host goes on', async () => {
  const { client, raw, refusals } = pair({ 'topics.list': () => [] })
  const hostile = [
    null,
    1,
    'req',
    [],
    {},
    { t: 'req' },
    { t: 'req', id: '1', m: 'topics.list' },
    { t: 'req', id: 1.5, m: 'a' },
  ]
  for (const message of [...hostile, { t: 'req', id: 1, m: 3 }, { t: 'evt', n: 'cluster', v: null }])
    raw.postMessage(message)
  expect(await client.api['topics.list']()).toEqual([])
  expect(refusals).toHaveLength(hostile.length + 2)
})

test('more requests at once than any window needs are refused', async () => {
  const { raw, refusals, client } = pair({ 'topics.list': () => new Promise(() => {}), 'groups.list': () => [] })
  for (let id = 1; id <= requestsInFlightMax + 3; id += 1) raw.postMessage({ t: 'req', id, m: 'topics.list' })
  void client.api['groups.list']()
  await expect.poll(() => refusals).toEqual(new Array(4).fill('too many requests at once'))
})

test('hostile answers leave the waiting requests alone, and a lost connection fails them all', async () => {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1, port2)
  let isOpen = true
  const hostGone = new RequestFailed('HOST_GONE', 'The host has ended.')
  const client = connect({
    post: () => {
      if (!isOpen) throw hostGone
    },
    onMessage: (callback) => port2.on('message', callback),
  })
  const request = client.api['topics.list']()
  for (const message of [null, { t: 'err', id: 1 }, { t: 'err', id: 1, e: { code: 3 } }, { t: 'res', id: 99, v: 1 }]) {
    port1.postMessage(message)
  }
  await new Promise((resolve) => setImmediate(resolve))
  isOpen = false
  client.lose(hostGone)
  await expect(request).rejects.toBe(hostGone)
  await expect(client.api['topics.list']()).rejects.toBe(hostGone)
})
