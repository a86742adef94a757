// Every request that real clients once sent to a real Kafka 4.3.1, every version of it, sent to this cluster: each gets an
// answer that its client could read, and nobody falls over. The answers themselves differ: other topics, other ids.
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRequestHeader, readResponseHeader } from '../../src-broker/protocol/frames.ts'
import { apis } from '../../src-broker/protocol/messages/index.ts'
import { viewOf, WireReader } from '../../src-broker/protocol/reader.ts'
import { type StartedHost, startHost } from '../support/start-host.ts'

interface Exchange {
  readonly key: number
  readonly version: number
  readonly client: string
  readonly request: string
}

const exchanges = readFileSync(join(import.meta.dirname, '../golden/kafka-4.3.1.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange)
  .filter(({ key }) => apis.has(key))

let host: StartedHost
beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

const answerWithinMs = 12_000

test('every recorded request gets an answer in its own version, or a closed connection where it asks for what is not served', async () => {
  const outcomes = await Promise.all(exchanges.map(async (exchange) => `${describe(exchange)}: ${await ask(exchange)}`))
  expect(outcomes.filter((outcome) => !/: (answered|quiet|closed as replica)$/.test(outcome))).toEqual([])
  expect(host.events.filter(({ event }) => event === 'broker-crashed')).toEqual([])
  expect(outcomes.filter((outcome) => outcome.endsWith('answered')).length).toBeGreaterThan(exchanges.length * 0.9)
})

const describe = ({ key, version, client }: Exchange) => `${apis.get(key)?.name} v${version} of ${client}`

async function ask({ key, version, request }: Exchange): Promise<string> {
  const api = apis.get(key)!
  const frame = Buffer.from(request, 'hex')
  const [address, port] = host.bootstrap[0]!.split(':')
  const socket = net.connect(Number(port), address)
  let received = Buffer.alloc(0)
  return new Promise((resolve) => {
    const done = (outcome: string) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => done(isQuiet(frame) ? 'quiet' : 'no answer'), answerWithinMs)
    socket.on('error', () => {})
    socket.on('close', () => done(isQuiet(frame) ? 'quiet' : 'closed'))
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      const reader = new WireReader().over(received, viewOf(received), 4, received.length)
      readResponseHeader(reader, api, version)
      api.responseCodec(version).decode(reader)
      done(reader.remaining === 0 ? 'answered' : `${reader.remaining} bytes too many`)
    })
    socket.write(frame)
  })
}

/** A produce with acks=0 wants no answer. */
function isQuiet(frame: Buffer): boolean {
  const reader = new WireReader().over(frame, viewOf(frame), 4, frame.length)
  const { api, apiKey, apiVersion } = readRequestHeader(reader)
  if (apiKey !== 0 || api === undefined) return false
  return (api.requestCodec(apiVersion).decode(reader) as { acks: number }).acks === 0
}
