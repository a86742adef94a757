import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultLogConfig } from '../../src-broker/core/log/log-config.ts'
import { buildBatch, type NewRecord } from '../../src-broker/records/build.ts'
import { CorruptBatch } from '../../src-broker/records/corrupt-batch.ts'
import { readInt64, writeInt64 } from '../../src-broker/records/int64.ts'
import { readRecords } from '../../src-broker/records/read.ts'
import { validateBatch } from '../../src-broker/records/validate.ts'
import { VarintReader, varlongBytes, writeVarlong } from '../../src-broker/records/varint.ts'
import { crc32c, decompress, viewOf } from '../unit/records/samples.ts'

const blob = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null })
const record: fc.Arbitrary<NewRecord> = fc.record({
  key: blob,
  value: blob,
  timestamp: fc.integer({ min: -1, max: 4_102_444_800_000 }),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 8, unit: 'grapheme' }), value: blob }), { maxLength: 3 }),
})
const batch = fc.array(record, { minLength: 1, maxLength: 12 }).map((records) => buildBatch(records, crc32c))

test('what is built can be read', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), (records) => {
      const bytes = buildBatch(records, crc32c)
      const read = [...readRecords(bytes, viewOf(bytes), 0, decompress)]
      expect(read).toEqual(records.map((one, offset) => ({ offset, ...one })))
    }),
  )
})

test('whatever bytes are changed, reading ends and fails only as a corrupt batch; what a leader takes, readers can step through', () => {
  const change = fc.record({ at: fc.nat(), value: fc.nat(255) })
  fc.assert(
    fc.property(batch, fc.array(change, { minLength: 1, maxLength: 4 }), (bytes, changes) => {
      for (const { at, value } of changes) bytes[61 + (at % (bytes.length - 61))] = value
      try {
        for (const { offset } of readRecords(bytes, viewOf(bytes), 0, decompress))
          if (offset < 0) throw new Error(`offset ${offset}`)
      } catch (error) {
        if (!(error instanceof CorruptBatch)) throw error
      }
      validateBatch(bytes, viewOf(bytes), 0, bytes.length, defaultLogConfig, 'client', 0, () => 0)
    }),
    { numRuns: 2_000 },
  )
})

test('64-bit fields keep every safe integer', () => {
  const view = new DataView(new ArrayBuffer(8))
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      writeInt64(view, 0, value)
      expect(readInt64(view, 0)).toBe(value)
      expect(view.getBigInt64(0)).toBe(BigInt(value))
    }),
  )
})

test('varints and varlongs come back as they went, in as many bytes as foretold', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), fc.integer(), (long, int) => {
      const bytes = new Uint8Array(20)
      const middle = writeVarlong(long, bytes, 0)
      const end = writeVarlong(int, bytes, middle)
      expect([middle, end - middle]).toEqual([varlongBytes(long), varlongBytes(int)])
      const reader = new VarintReader(bytes, 0, end)
      expect([reader.varlong(), reader.varint()]).toEqual([long, int])
    }),
  )
})
