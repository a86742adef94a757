import { crc32c } from '@node-rs/crc32'
import { expect, test } from 'vitest'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import { DiskError } from '../../../src-broker/base/disk.ts'
import { seededRandom } from '../../../src-broker/base/random.ts'
import { encodeText } from '../../../src-broker/base/text.ts'
import { CoordinatorLog, type CoordinatorUnreadable } from '../../../src-broker/core/coordinator-log.ts'
import type { Env } from '../../../src-broker/core/env.ts'
import { kafkaGroupDefaults } from '../../../src-broker/core/group/config.ts'
import { GroupCoordinator } from '../../../src-broker/core/group/coordinator.ts'
import type { Partition } from '../../../src-broker/core/replica/partition.ts'
import type { Replicas } from '../../../src-broker/core/replica/replicas.ts'
import type { AppendWait } from '../../../src-broker/core/replica/role.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { buildBatch } from '../../../src-broker/records/build.ts'

const env = {
  monotonicMs: () => 1_000,
  wallMs: () => 1_000,
  random: seededRandom(1),
  crc32c: (bytes: Uint8Array, from: number, to: number) => crc32c(bytes.subarray(from, to)),
} as unknown as Env

interface Heard {
  /** What it says of a group just now. */
  readonly errorCode: number
  readonly events: CoordinatorUnreadable[]
  /** The first batch is committed from now on, or leadership is lost. */
  complete(errorCode: number): number
}

/** What a coordinator says that begins to lead with this log, and what it tells. */
function leading(bytes: Uint8Array, highWatermark = 1): Heard {
  const deadlines = new Deadlines()
  const events: CoordinatorUnreadable[] = []
  const groups = new GroupCoordinator(env, deadlines, kafkaGroupDefaults, {
    partitionCount: () => 1,
    topicId: () => undefined,
    append: () => {},
    event: () => {},
  })
  const slice = { byteLength: bytes.length, readInto: (into: Uint8Array, at: number) => into.set(bytes, at) }
  const waiting: AppendWait[] = []
  const partition = {
    topic: '__consumer_offsets',
    index: 0,
    leader: { epoch: 3, waiting },
    highWatermark,
    log: { logStartOffset: 0, logEndOffset: 1, read: () => slice },
  } as unknown as Partition
  new CoordinatorLog(env, deadlines, {} as Replicas, (event) => events.push(event)).roleChanged(partition, groups)
  deadlines.run(1_000)
  const ask = () => groups.describeGroup('readers').errorCode
  const complete = (errorCode: number) => {
    for (const wait of waiting) wait.completed(errorCode)
    return ask()
  }
  return { errorCode: ask(), events, complete }
}

/** Of a version that nobody knows yet, which a coordinator passes over. */
const unknownKey = Uint8Array.of(0, 99)
const sound = (key = unknownKey) => buildBatch([{ key, value: encodeText('v'), timestamp: 1 }], env.crc32c)

test('a coordinator that has read its log serves', () => {
  expect(leading(sound())).toMatchObject({ errorCode: errors.GROUP_ID_NOT_FOUND, events: [] })
})

test('one whose log is not committed to its end waits until it is: what it said might be forgotten', () => {
  const { errorCode, complete } = leading(sound(), 0)
  expect(errorCode).toBe(errors.COORDINATOR_LOAD_IN_PROGRESS)
  expect(complete(errors.NOT_LEADER_OR_FOLLOWER)).toBe(errors.COORDINATOR_LOAD_IN_PROGRESS)
  expect(complete(errors.NONE)).toBe(errors.GROUP_ID_NOT_FOUND)
})

test.each([
  ['a record', (bytes: Uint8Array, view: DataView) => view.setUint8(bytes.length - 2, 0x7f)],
  ['the number of records', (_: Uint8Array, view: DataView) => view.setInt32(57, 9)],
  ['the length of a batch', (_: Uint8Array, view: DataView) => view.setInt32(8, 1 << 30)],
])('one that finds %s spoilt serves nobody and says so; its broker lives on', (_, spoil) => {
  const bytes = sound()
  spoil(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
  expect(leading(bytes)).toMatchObject({
    errorCode: errors.COORDINATOR_NOT_AVAILABLE,
    events: [{ kind: 'coordinator-unreadable', topic: '__consumer_offsets', partition: 0, offset: 0 }],
  })
})

test('a record that no coordinator has written is as bad', () => {
  expect(leading(sound(Uint8Array.of(0)))).toMatchObject({ errorCode: errors.COORDINATOR_NOT_AVAILABLE })
})

test('a disk without room refuses what a coordinator writes, and its broker lives on', () => {
  const partition = { leader: { isr: [1], minInsyncReplicas: 1 }, highWatermark: 0 } as unknown as Partition
  const append = () => {
    throw new DiskError('ENOSPC', '__consumer_offsets-0/00000000000000000000.log')
  }
  const replicas = { get: () => partition, append } as unknown as Replicas
  const refusals: number[] = []
  const log = new CoordinatorLog(env, new Deadlines(), replicas, () => {})
  log.append(0, [{ key: unknownKey, value: null }], (errorCode) => refusals.push(errorCode))
  expect(refusals).toEqual([errors.KAFKA_STORAGE_ERROR])
})
