// Snapshots of the metadata: what they hold, when they are taken, who gets them, and what becomes of damaged ones.
import { expect, test } from 'vitest'
import { MetadataImage } from '../../../src-broker/core/quorum/image.ts'
import { imageRecords } from '../../../src-broker/core/quorum/image-records.ts'
import type { QuorumNode } from '../../../src-broker/core/quorum/quorum-node.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../../src-broker/protocol/stored/metadata-records.ts'
import { QuorumHarness } from '../../support/quorum-harness.ts'

const directory = '__cluster_metadata-0'
/** Every few topics a snapshot, and no more log than it takes. */
const small = {
  'metadata.log.max.record.bytes.between.snapshots': '2000',
  'metadata.log.segment.bytes': '3000',
  'metadata.max.retention.bytes': '1000',
}

function withTopics(count: number, settings: Readonly<Record<string, string>> = small, brokers = 3): QuorumHarness {
  const harness = QuorumHarness.started({ brokers, settings })
  createTopics(harness, 0, count)
  return harness
}

function createTopics(harness: QuorumHarness, from: number, to: number): void {
  for (let index = from; index < to; index++) harness.createTopic(`topic-${index}`)
}

const files = (harness: QuorumHarness, id: number, ending: string) =>
  harness.members
    .get(id)!
    .disk.list(directory)
    .filter((name) => name.endsWith(ending))
const logStart = (harness: QuorumHarness, id: number) => Number(files(harness, id, '.log')[0]!.slice(0, 20))
const content = ({ image }: QuorumNode) => ({
  topics: [...image.topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  brokers: [...image.brokers.values()].sort((a, b) => a.id - b.id),
  configs: [...image.allTopicConfigs],
  features: [...image.features],
  nextProducerId: image.nextProducerId,
})
const everybodyAgrees = (harness: QuorumHarness) =>
  harness.running.every((node) => node.image.endOffset === harness.controller?.image.endOffset)

function restart(harness: QuorumHarness): void {
  for (const id of harness.members.keys()) harness.kill(id)
  for (const id of harness.members.keys()) harness.start(id)
  harness.until(() => harness.isWhole())
}

test('an image made anew of its own records is the same', () => {
  const harness = withTopics(4)
  harness.ask('AllocateProducerIds', { brokerId: 1, brokerEpoch: harness.node(1).brokerEpoch }, 1)
  const config = { name: 'retention.ms', configOperation: 0, value: '60000' }
  const resource = { resourceType: 2, resourceName: 'topic-1', configs: [config] }
  harness.ask('IncrementalAlterConfigs', { resources: [resource], validateOnly: false })
  harness.kill(3)
  harness.until(() => !harness.image.isActive(3))
  const { controller } = harness
  const records = [...imageRecords(controller!.image)].map((record) =>
    decodeMetadataRecord(encodeMetadataRecord(record)),
  )
  const image = new MetadataImage(controller!.image.clusterId)
  image.restore(records, controller!.image.endOffset)
  expect(content({ image } as QuorumNode)).toEqual(content(controller!))
})

test('snapshots are taken as the log grows, the log in front of them goes, and the next start begins with them', () => {
  const harness = withTopics(30)
  for (const id of [1, 2, 3]) {
    expect(files(harness, id, '.checkpoint')).toHaveLength(2)
    expect(logStart(harness, id)).toBeGreaterThan(20)
  }
  const before = content(harness.controller!)
  restart(harness)
  harness.until(() => everybodyAgrees(harness))
  for (const node of harness.running)
    expect(content(node).topics.map(({ id }) => id)).toEqual(before.topics.map(({ id }) => id))
})

test('a change that is in no snapshot for an hour gets one', () => {
  const harness = withTopics(1, { 'metadata.log.max.snapshot.interval.ms': '60000' })
  expect(files(harness, 1, '.checkpoint')).toEqual([])
  harness.after(61_000)
  expect(files(harness, 1, '.checkpoint')).toHaveLength(1)
})

test('a broker that was away while the log gave way gets the snapshot, and is whole again', () => {
  const harness = withTopics(2)
  harness.kill(3)
  createTopics(harness, 2, 40)
  harness.ask('DeleteTopics', { topics: [{ name: 'topic-0', topicId: '0'.repeat(32) }] }, 1)
  const oldest = Math.min(logStart(harness, 1), logStart(harness, 2))
  harness.start(3)
  harness.until(() => harness.isWhole() && everybodyAgrees(harness))
  expect(logStart(harness, 3)).toBeGreaterThanOrEqual(oldest)
  expect(content(harness.node(3))).toEqual(content(harness.controller!))
  expect(harness.node(3).image.topics.has('topic-0')).toBe(false)
})

test('a snapshot in many parts arrives whole, whatever is lost on the way', () => {
  const harness = withTopics(30, { ...small, 'controller.quorum.fetch.snapshot.max.bytes': '97' })
  harness.kill(3)
  harness.wipe(3)
  harness.start(3)
  harness.after(4).isolate(3)
  harness.after(1_500).heal()
  harness.until(() => harness.isWhole() && everybodyAgrees(harness))
  expect(content(harness.node(3))).toEqual(content(harness.controller!))
})

test('a damaged snapshot is put aside: the one before it and the log behind that do as well', () => {
  const harness = withTopics(30)
  const before = content(harness.controller!)
  for (const id of [1, 2, 3]) harness.kill(id)
  for (const id of [1, 2, 3]) {
    const latest = files(harness, id, '.checkpoint').at(-1)!
    harness.members.get(id)!.disk.tamper(`${directory}/${latest}`, (bytes) => bytes.fill(7, 200, 230))
  }
  for (const id of [1, 2, 3]) harness.start(id)
  harness.until(() => harness.isWhole())
  expect(content(harness.controller!).topics.map(({ id }) => id)).toEqual(before.topics.map(({ id }) => id))
  expect(files(harness, 1, '.damaged')).toHaveLength(1)
})

test('the beginning of a snapshot, as a crash leaves it, is swept away', () => {
  const harness = withTopics(30)
  const { disk } = harness.members.get(1)!
  const path = `${directory}/00000000000000000999-0000000001.checkpoint.tmp`
  disk.replace(path, new Uint8Array(100))
  restart(harness)
  expect(harness.members.get(1)!.disk.exists(path)).toBe(false)
})

test('a log that begins behind offset 0 without a sound snapshot is refused', () => {
  const harness = withTopics(30)
  harness.kill(1)
  const { disk } = harness.members.get(1)!
  for (const name of files(harness, 1, '.checkpoint'))
    disk.tamper(`${directory}/${name}`, (bytes) => bytes.subarray(0, 90))
  expect(() => harness.start(1)).toThrow(/begins at offset \d+ and has no sound snapshot/)
})

test('an orderly stop after many changes leaves a snapshot, which the next start reads in their place; after few it leaves none', () => {
  const harness = QuorumHarness.started({ brokers: 3 })
  const stopAll = () => {
    for (const id of harness.members.keys()) harness.stop(id)
    return files(harness, 1, '.checkpoint')
  }
  const startAll = () => {
    for (const id of harness.members.keys()) harness.start(id)
  }
  harness.createTopic('quiet')
  expect(stopAll()).toEqual([])
  startAll()
  harness.until(() => harness.isWhole())
  harness.createTopic('busy', 1_000)
  expect(stopAll()).toHaveLength(1)
  startAll()
  expect(harness.node(1).image.topics.get('busy')?.partitions).toHaveLength(1_000)
  harness.until(() => harness.isWhole() && everybodyAgrees(harness))
})
