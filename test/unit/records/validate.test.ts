import { describe, expect, test } from 'vitest'
import { stampCrc } from '../../../src-broker/records/batch.ts'
import { type BatchOptions, buildBatch } from '../../../src-broker/records/build.ts'
import { type BatchRules, type Origin, refusedRecords, validateBatch } from '../../../src-broker/records/validate.ts'
import { crc32c, decompress, real, text, viewOf } from './samples.ts'

const nowMs = 1_700_000_000_000
const rules: BatchRules = {
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Infinity,
  messageTimestampAfterMaxMs: 3_600_000,
  cleanupPolicy: 'delete',
}

const sound = (options: BatchOptions = {}, timestamp = nowMs) =>
  buildBatch([{ key: text('k'), value: text('v'), timestamp }], crc32c, options)

/** A sound batch after a change to its header, its checksum made right again. */
const changed = (change: (view: DataView) => void, options: BatchOptions = {}) => {
  const bytes = sound(options)
  change(viewOf(bytes))
  stampCrc(bytes, viewOf(bytes), 0, crc32c)
  return bytes
}

const codeOf = (bytes: Uint8Array, given: Partial<BatchRules> = {}, origin: Origin = 'client') =>
  validateBatch(bytes, viewOf(bytes), 0, bytes.length, { ...rules, ...given }, origin, nowMs, crc32c)

describe('a leader takes', () => {
  test.each<[string, number]>([
    ['a sound batch', codeOf(sound())],
    ['a batch exactly as large as allowed', codeOf(sound(), { maxMessageBytes: sound().length })],
    ['an idempotent batch', codeOf(sound({ producerId: 1, producerEpoch: 0, baseSequence: 0 }))],
    ['a compressed batch unseen', codeOf(real.zstd, { messageTimestampAfterMaxMs: Infinity })],
    ['a control batch of a coordinator', codeOf(sound({ isControl: true }), {}, 'coordinator')],
    [
      'a producer without sequence of a coordinator',
      codeOf(sound({ producerId: 1, producerEpoch: 0 }), {}, 'coordinator'),
    ],
    ['a time just within message.timestamp.after.max.ms', codeOf(sound({}, nowMs + 3_600_000))],
    [
      'any time where the broker sets its own',
      codeOf(sound({}, nowMs + 9_999_999), { messageTimestampType: 'LogAppendTime' }),
    ],
    ['records without a time', codeOf(sound({}, -1))],
  ])('%s', (_, code) => {
    expect(code).toBe(0)
  })
})

describe('a leader refuses', () => {
  const flipped = sound()
  flipped[68]! ^= 1
  test.each<[string, number, number]>([
    ['a flipped bit', 2, codeOf(flipped)],
    ['a cut header', 2, codeOf(sound().slice(0, 40))],
    ['a cut batch', 2, codeOf(sound().slice(0, -1))],
    ['a length below a header’s', 2, codeOf(changed((view) => view.setInt32(8, 10)))],
    ['a negative length', 2, codeOf(changed((view) => view.setInt32(8, -1)))],
    ['magic 1', 87, codeOf(changed((view) => view.setInt8(16, 1)))],
    ['more than max.message.bytes', 10, codeOf(sound(), { maxMessageBytes: sound().length - 1 })],
    ['no records', 87, codeOf(changed((view) => (view.setInt32(57, 0), view.setInt32(23, -1))))],
    ['more offsets than records', 87, codeOf(changed((view) => view.setInt32(23, 1)))],
    [
      'a count that the records do not bear out',
      87,
      codeOf(changed((view) => (view.setInt32(57, 2), view.setInt32(23, 1)))),
    ],
    ['a key that goes beyond its record', 87, codeOf(changed((view) => view.setInt8(65, 40)))],
    ['a value that ends before its record does', 87, codeOf(changed((view) => view.setInt8(67, 0)))],
    ['a header that is not there', 87, codeOf(changed((view) => view.setInt8(69, 2)))],
    ['an offset delta out of turn', 87, codeOf(changed((view) => view.setInt8(64, 2)))],
    ['a record that ends behind the batch', 87, codeOf(changed((view) => view.setInt8(61, 100)))],
    ['a codec that nobody knows', 76, codeOf(changed((view) => view.setInt16(21, 5)))],
    ['a control batch of a client', 87, codeOf(sound({ isControl: true }))],
    ['a base offset other than 0', 87, codeOf(sound({ baseOffset: 7 }))],
    ['a producer without sequence', 87, codeOf(sound({ producerId: 1, producerEpoch: 0 }))],
    ['a time too far ahead', 32, codeOf(sound({}, nowMs + 3_600_001))],
    ['a client that claims the broker’s time', 32, codeOf(changed((view) => view.setInt16(21, 8)))],
  ])('%s', (_, expected, code) => {
    expect(code).toBe(expected)
  })
})

describe('looking inside', () => {
  const mixed = buildBatch(
    [
      { key: text('k'), value: null, timestamp: nowMs },
      { key: null, value: text('v'), timestamp: nowMs },
      { key: text('k'), value: text('v'), timestamp: nowMs - 10_001 },
      { key: null, value: text('v'), timestamp: nowMs },
    ],
    crc32c,
  )
  const refused = (bytes: Uint8Array, given: Partial<BatchRules>) =>
    refusedRecords(bytes, viewOf(bytes), 0, { ...rules, ...given }, nowMs, decompress)

  test('finds the records without key in a compacted topic', () => {
    expect(refused(mixed, { cleanupPolicy: 'compact' })).toEqual({
      errorCode: 87,
      records: [
        { index: 1, timestamp: undefined },
        { index: 3, timestamp: undefined },
      ],
    })
    expect(refused(mixed, {})).toEqual({ errorCode: 0, records: [] })
  })

  test('finds the records that are too old, and calls a mix of both reasons a matter of time', () => {
    expect(refused(mixed, { messageTimestampBeforeMaxMs: 10_000 })).toEqual({
      errorCode: 32,
      records: [{ index: 2, timestamp: nowMs - 10_001 }],
    })
    const { errorCode, records } = refused(mixed, {
      messageTimestampBeforeMaxMs: 10_000,
      cleanupPolicy: 'compact,delete',
    })
    expect([errorCode, records.map(({ index }) => index)]).toEqual([32, [1, 2, 3]])
  })

  test('refuses a batch that cannot be decoded', () => {
    const garbage = real.zstd.slice()
    garbage.fill(7, 62)
    expect(refused(garbage, { cleanupPolicy: 'compact' })).toEqual({ errorCode: 87, records: [] })
  })
})
