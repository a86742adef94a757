// What a broker does about damage to its part of the quorum, about a disk that refuses, and about sleep.
import { expect, test } from 'vitest'
import type { Env } from '../../../src-broker/core/env.ts'
import { imageRecords } from '../../../src-broker/core/quorum/image-records.ts'
import { encodeSnapshot } from '../../../src-broker/core/quorum/snapshot-format.ts'
import { encodeMetadataRecord, UnknownMetadata } from '../../../src-broker/protocol/stored/metadata-records.ts'
import * as batch from '../../../src-broker/records/batch.ts'
import { buildBatch } from '../../../src-broker/records/build.ts'
import { QuorumHarness } from '../../support/quorum-harness.ts'
import { crc32c } from '../records/samples.ts'

const directory = '__cluster_metadata-0'
const logPath = `${directory}/${'0'.repeat(20)}.log`

function stopped(): QuorumHarness {
  const harness = QuorumHarness.started({ brokers: 3 })
  for (const name of ['one', 'two', 'three']) harness.createTopic(name)
  harness.after(100)
  for (const id of [1, 2, 3]) harness.kill(id)
  return harness
}

const tamper = (harness: QuorumHarness, path: string, change: (content: Uint8Array) => Uint8Array) =>
  harness.members.get(2)!.disk.tamper(path, change)

test.each([
  ['garbage', 'garbage'],
  ['JSON of something else', '{"leaderId":"none"}'],
  ['nothing', ''],
  ['an epoch before the first', '{"leaderId":-1,"leaderEpoch":-5,"votedId":-1}'],
  ['an epoch that none can follow', '{"leaderId":-1,"leaderEpoch":2147483647,"votedId":2}'],
])('a vote file with %s is refused: the broker might vote twice', (_, content) => {
  const harness = stopped()
  tamper(harness, `${directory}/quorum-state`, () => Buffer.from(content))
  expect(() => harness.start(2)).toThrow('__cluster_metadata-0/quorum-state is damaged')
})

test('a damaged record amid sound ones is refused: the broker might vote as if it had never had them', () => {
  const harness = stopped()
  tamper(harness, logPath, (bytes) => bytes.fill(7, 300, 310))
  expect(() => harness.start(2)).toThrow(/is damaged at offset \d+, amid sound records/)
})

test('a damaged length, behind which nothing is where it should be, is refused as well', () => {
  const harness = stopped()
  tamper(harness, logPath, (bytes) => bytes.fill(0xff, 8, 12))
  expect(() => harness.start(2)).toThrow(/is damaged at offset 0, amid sound records/)
})

test('a segment that was made for a record which the disk refused then is no damage: its offsets are in the one before', () => {
  const harness = QuorumHarness.started({ brokers: 3, settings: { 'metadata.log.segment.bytes': '2000' } })
  for (let count = 0; count < 20; count++) harness.createTopic(`topic-${count}`)
  harness.after(100)
  for (const id of [1, 2, 3]) harness.kill(id)
  const { disk } = harness.members.get(2)!
  const segments = () => disk.list(directory).filter((name) => name.endsWith('.log'))
  const [, second, third] = segments().map((name) => Number(name.slice(0, 20)))
  expect(third).toBeGreaterThan(second! + 1)
  const leftover = `${String(third! - 1).padStart(20, '0')}.log`
  disk.open(`${directory}/${leftover}`).write(new Uint8Array(0), 0, 0, 0)
  for (const id of [1, 2, 3]) harness.start(id)
  harness.until(() => harness.isWhole() && harness.running.every(({ image }) => image.topics.has('topic-19')))
  expect(segments()).not.toContain(leftover)
})

test('a tail that a power loss has torn is cut off and fetched again', () => {
  const harness = stopped()
  tamper(harness, logPath, (bytes) => bytes.subarray(0, bytes.length - 7))
  for (const id of [1, 2, 3]) harness.start(id)
  harness.until(() => harness.isWhole() && harness.running.every(({ image }) => image.topics.has('three')))
})

test('a hole that a power loss has left, as a later write reached the disk first, is cut off with what follows', () => {
  const harness = stopped()
  tamper(harness, logPath, (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const starts: number[] = []
    for (let at = 0; at < bytes.length; at += 12 + view.getInt32(at + 8)) starts.push(at)
    const [last, end] = starts.slice(-2) as [number, number]
    return bytes.fill(0, last, end)
  })
  for (const id of [1, 2, 3]) harness.start(id)
  harness.until(() => harness.isWhole() && harness.running.every(({ image }) => image.topics.has('three')))
})

/** A batch with one record, as another release might have put it behind all others. */
function later(log: Uint8Array, value: Uint8Array): Uint8Array {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength)
  let [at, baseOffset, partitionLeaderEpoch] = [0, 0, 0]
  for (; at < log.length; at += batch.sizeInBytes(view, at)) {
    baseOffset = batch.lastOffset(view, at) + 1
    partitionLeaderEpoch = batch.partitionLeaderEpoch(view, at)
  }
  return buildBatch([{ key: null, value, timestamp: 0 }], crc32c, { baseOffset, partitionLeaderEpoch })
}

const levelOf = (name: string, featureLevel: number) =>
  encodeMetadataRecord({ type: 'FeatureLevelRecord', name, featureLevel })

test.each([
  ['a record of id 200', Uint8Array.of(1, 0xc8, 1, 0, 0)],
  ['version 9 of NoOpRecord', Uint8Array.of(1, 20, 9, 0)],
  ['a record of frame version 2', Uint8Array.of(2, 20, 0, 0)],
  ['level 31 of metadata.version', levelOf('metadata.version', 31)],
  ['level 1 of rocket.version', levelOf('rocket.version', 1)],
])('%s in the log is refused, and the log is left as it is', (what, value) => {
  const harness = stopped()
  tamper(harness, logPath, (bytes) => Buffer.concat([bytes, later(bytes, value)]))
  const { disk } = harness.members.get(2)!
  const before = disk.read(logPath)
  expect(() => harness.start(2)).toThrow(new UnknownMetadata(what))
  expect(disk.read(logPath)).toEqual(before)
})

test('a feature that was taken back is none that somebody has to know', () => {
  const harness = stopped()
  tamper(harness, logPath, (bytes) => Buffer.concat([bytes, later(bytes, levelOf('rocket.version', 0))]))
  for (const id of [1, 2, 3]) harness.start(id)
  harness.until(() => harness.isWhole())
})

test('what is unknown is refused in a snapshot, too', () => {
  const harness = QuorumHarness.started({ brokers: 1 })
  const { image } = harness
  const unknown = { type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 31 } as const
  harness.stop(1)
  const { disk } = harness.members.get(1)!
  const env = { crc32c, wallMs: () => 0 } as Partial<Env> as Env
  const content = { voters: undefined, records: [...imageRecords(image), unknown] }
  disk.replace(
    `${directory}/${'9'.padStart(20, '0')}-${'1'.padStart(10, '0')}.checkpoint`,
    encodeSnapshot(env, 1, content),
  )
  expect(() => harness.start(1)).toThrow(new UnknownMetadata('level 31 of metadata.version'))
})

test('a leader whose disk is full leads no longer, says so once, and the others go on', () => {
  const harness = QuorumHarness.started({ brokers: 3 })
  harness.after(100)
  const { brokerId } = harness.controller!.options
  const other = brokerId === 1 ? 2 : 1
  harness.members.get(brokerId)!.disk.isFull = true
  const topic = { name: 'meanwhile', numPartitions: 1, replicationFactor: 2, assignments: [], configs: [] }
  expect(harness.ask('CreateTopics', { topics: [topic], validateOnly: false }, other).topics[0]!.errorCode).toBe(0)
  harness.after(5_000)
  const told = harness.events.filter(({ kind, by }) => kind === 'metadata-disk-failed' && by === brokerId)
  expect(told).toMatchObject([{ code: 'ENOSPC' }])
  expect(harness.controller!.options.brokerId).not.toBe(brokerId)
  harness.members.get(brokerId)!.disk.isFull = false
  harness.until(() => harness.isWhole() && harness.node(brokerId).image.topics.has('meanwhile'))
})

test('a cluster of one whose disk is full waits for room, and what it acknowledged is there', () => {
  const harness = QuorumHarness.started({ brokers: 1 })
  harness.createTopic('before', 1, 1)
  harness.members.get(1)!.disk.isFull = true
  const topic = { name: 'during', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  const { answer } = harness.asked('CreateTopics', { topics: [topic], validateOnly: false }, 1, 3_000)
  harness.after(10_000)
  expect(answer.value).toMatchObject({ response: undefined })
  harness.members.get(1)!.disk.isFull = false
  harness.until(() => harness.isWhole())
  harness.createTopic('after', 1, 1)
  expect([...harness.image.topics.keys()]).toEqual(['before', 'after'])
})

test('all clocks jump by ten minutes: nothing is lost, nobody stays fenced, and the cluster decides again within 10 s', () => {
  const harness = QuorumHarness.started({ brokers: 3 })
  harness.createTopic('before')
  harness.after(1_000)
  const { leaderEpoch } = harness.controller!
  const partitions = harness.partitions('before')
  harness.sleep(600_000)
  const sleptUntilMs = harness.nowMs
  const topic = { name: 'after', numPartitions: 1, replicationFactor: 3, assignments: [], configs: [] }
  harness.ask('CreateTopics', { topics: [topic], validateOnly: false }, 1)
  expect(harness.nowMs - sleptUntilMs).toBeLessThan(10_000)
  harness.after(30_000)
  expect(harness.isWhole()).toBe(true)
  expect(harness.events.filter(({ kind }) => kind === 'broker-fenced')).toEqual([])
  expect(harness.controller!.leaderEpoch).toBe(leaderEpoch)
  expect(harness.partitions('before')).toEqual(partitions)
})
