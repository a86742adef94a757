// Interleaved rounds: everybody in turn, so that a slow minute of the machine is everybody's, with a warm pass right before
// each measured one.
import { type Bench, medianReading, type Reading } from './measure.ts'
import { type Cell, requestBytes } from './plan.ts'
import type { OpenTopic, Subject } from './subject.ts'

export interface Result {
  readonly cell: Cell
  /** Medians, by the subject's name. */
  readonly readings: ReadonlyMap<string, Reading>
}

const warmShare = 0.3

export async function measureCell(
  bench: Bench,
  cell: Cell,
  subjects: readonly Subject[],
  rounds: number,
): Promise<Result> {
  const readings = new Map(subjects.map(({ name }) => [name, [] as Reading[]]))
  const measure = cell.part === 'fetch' ? fetchRounds : produceRounds
  await measure(bench, cell, subjects, rounds, (subject, reading) => readings.get(subject.name)!.push(reading))
  return { cell, readings: new Map([...readings].map(([name, all]) => [name, medianReading(all)])) }
}

type Take = (subject: Subject, reading: Reading) => void

/** Every pass has a topic of its own, so that nobody's log outgrows the page cache. */
async function produceRounds(
  bench: Bench,
  { replicationFactor, requests, count }: Cell,
  subjects: readonly Subject[],
  rounds: number,
  take: Take,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      const topic = await subject.openTopic(replicationFactor, requests)
      await bench.produce(topic, requests, Math.ceil(count * warmShare))
      await bench.touchMemoryFor(replicationFactor * requestBytes(requests) * count)
      take(subject, await bench.produce(topic, requests, count))
      await topic.close()
    }
  }
}

async function fetchRounds(
  bench: Bench,
  { replicationFactor, requests, count }: Cell,
  subjects: readonly Subject[],
  rounds: number,
  take: Take,
): Promise<void> {
  const topics = new Map<Subject, OpenTopic>()
  for (const subject of subjects) {
    const topic = await subject.openTopic(replicationFactor, requests)
    await bench.produce(topic, requests, count)
    topics.set(subject, topic)
  }
  const bytes = count * requests.recordsPerRequest * requests.recordBytes
  for (let round = 0; round < rounds; round++) {
    for (const [subject, topic] of topics) {
      await bench.fetch(topic, requests, bytes)
      take(subject, await bench.fetch(topic, requests, bytes))
    }
  }
  for (const topic of topics.values()) await topic.close()
}

const warmUpRequests = [
  { recordBytes: 100, recordsPerRequest: 1, depth: 64, count: 20_000 },
  { recordBytes: 1000, recordsPerRequest: 15, depth: 20, count: 2_000 },
  { recordBytes: 1000, recordsPerRequest: 1000, depth: 5, count: 20 },
] as const

/** Just-in-time compilers look at what runs often; without this the first cells would measure them. */
export async function warmUp(bench: Bench, subject: Subject, seconds: number): Promise<void> {
  for (const replicationFactor of [1, 3]) {
    const untilMs = performance.now() + (seconds * 1000) / 2
    do {
      for (const { count, ...shape } of warmUpRequests) {
        const requests = { ...shape, acks: replicationFactor === 1 ? 1 : -1, requestsPerSecond: 0 } as const
        const topic = await subject.openTopic(replicationFactor, requests)
        await bench.produce(topic, requests, count)
        await bench.fetch(topic, requests, 1)
        await topic.close()
      }
    } while (performance.now() < untilMs)
  }
}
