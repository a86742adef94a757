// Who writes and reads in a trial: clients that are not ours. Numbers go up by one; every value is "<number> <sent ms>".
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

export interface Writing {
  /** Offsets of acknowledged numbers. */
  readonly acknowledged: ReadonlyMap<number, number>
  /** The acknowledged record that was sent last. */
  readonly latest: { readonly sentMs: number; readonly acknowledgedMs: number }
  /** Records given up by the client. */
  readonly failed: number
  /** Sends no more and resolves when all that was sent is answered. */
  stop(): Promise<void>
}

export interface TrialClient {
  write(topic: string, perSecond: number): Promise<Writing>
  /** Every record of partition 0, in order. */
  read(topic: string, use: (number: number, offset: number) => void): Promise<void>
}

/** `retries`: how often a record is sent again before it counts as given up. */
type Make = (bootstrap: readonly string[], retries: number) => TrialClient | string

export const trialClients: Readonly<Record<string, Make>> = {
  kafkajs,
  librdkafka,
}

/**
 * One request at a time, idempotent, acks=all. A record that it gives up after it was written costs the next one: kafkajs sends that under
 * the same sequence number, and it is taken for a duplicate. So a verdict on losses needs enough retries.
 */
function kafkajs(bootstrap: readonly string[], retries: number): TrialClient {
  // Who may try but once more waits for that as long as Kafka's own client would (retry.backoff.ms).
  const retry = { retries, initialRetryTime: retries > 1 ? 10 : 100, maxRetryTime: 100 }
  const kafka = new Kafka({ clientId: 'trial', brokers: [...bootstrap], logLevel: logLevel.NOTHING, retry })
  return {
    async write(topic, perSecond) {
      const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
      await producer.connect()
      const acknowledged = new Map<number, number>()
      const writing = { acknowledged, latest: { sentMs: 0, acknowledgedMs: 0 }, failed: 0, stop }
      let isStopping = false
      const sending = send()
      return writing

      async function send(): Promise<void> {
        for (let number = 0; !isStopping; number++) {
          const sentMs = Date.now()
          const value = `${number} ${sentMs}`
          const sent = producer.send({ topic, acks: -1, messages: [{ key: 'one', value, partition: 0 }] })
          await sent.then(
            ([answer]) => {
              acknowledged.set(number, Number(answer!.baseOffset))
              writing.latest = { sentMs, acknowledgedMs: Date.now() }
            },
            () => writing.failed++,
          )
          await sleep(Math.max(0, sentMs + 1_000 / perSecond - Date.now()))
        }
      }

      async function stop(): Promise<void> {
        isStopping = true
        await sending
        await producer.disconnect()
      }
    },
    async read(topic, use) {
      const admin = kafka.admin()
      await admin.connect()
      const [range] = await admin.fetchTopicOffsets(topic)
      await admin.disconnect()
      const consumer = kafka.consumer({ groupId: 'trial', maxWaitTimeInMs: 100 })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await new Promise<void>((resolve) => {
        void consumer.run({
          eachMessage: async ({ message }) => {
            use(Number.parseInt(String(message.value), 10), Number(message.offset))
            if (Number(message.offset) + 1 >= Number(range!.high)) resolve()
          },
        })
      })
      await consumer.disconnect()
    },
  }
}

/** Many requests under way. Needs Python with confluent-kafka; a text says where it is missing. */
function librdkafka(bootstrap: readonly string[], retries: number): TrialClient | string {
  if (spawnSync('python3', ['-c', 'import confluent_kafka']).status !== 0)
    return 'there is no python3 with confluent-kafka here (pip install confluent-kafka)'
  const start = (...args: string[]): ChildProcess =>
    spawn('python3', [join(import.meta.dirname, 'librdkafka.py'), ...args], { stdio: ['pipe', 'pipe', 'ignore'] })
  return {
    async write(topic, perSecond) {
      const child = start('write', bootstrap.join(','), topic, `${perSecond}`, `${retries}`)
      const acknowledged = new Map<number, number>()
      const writing = { acknowledged, latest: { sentMs: 0, acknowledgedMs: 0 }, failed: 0, stop }
      const ended = linesOf(child, ([kind, number, sentMs, acknowledgedMs, offset]) => {
        if (kind === 'F') writing.failed++
        if (kind !== 'A') return
        acknowledged.set(Number(number), Number(offset))
        writing.latest = { sentMs: Number(sentMs), acknowledgedMs: Number(acknowledgedMs) }
      })
      return writing

      async function stop(): Promise<void> {
        child.stdin!.end('\n')
        await ended
      }
    },
    read: (topic, use) =>
      linesOf(start('read', bootstrap.join(','), topic), ([kind, number, offset]) => {
        if (kind === 'R') use(Number(number), Number(offset))
      }),
  }
}

/** Resolves when the child has ended well. */
async function linesOf(child: ChildProcess, use: (words: string[]) => void): Promise<void> {
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  for await (const line of createInterface({ input: child.stdout! })) use(line.split(' '))
  if ((await ended) !== 0) throw new Error('the client ended badly')
}
