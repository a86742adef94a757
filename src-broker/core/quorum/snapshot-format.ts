// A snapshot of the metadata as Kafka keeps it (KIP-630): record batches with offsets of their own, from 0 on.
//
//   control batch   SnapshotHeader · KRaftVersion and Voters where the log names the voters (KIP-853)
//   data batches    the records that make the image anew
//   control batch   SnapshotFooter: without it the file is the beginning of one
import { viewOf } from '../../protocol/reader.ts'
import {
  decodeControl,
  encodeControl,
  kraftVersion,
  snapshotFooter,
  snapshotHeader,
} from '../../protocol/stored/control-records.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../protocol/stored/metadata-records.ts'
import * as batch from '../../records/batch.ts'
import { buildBatch, type NewRecord } from '../../records/build.ts'
import { controlKey, controlTypeOf, controlTypes } from '../../records/control.ts'
import { RecordCursor } from '../../records/read.ts'
import type { Env } from '../env.ts'
import type { MetadataRecord, MetadataRecordInput } from './records.ts'
import { decodeVoters, encodeVoters } from './voter-records.ts'
import type { Voter } from './voters.ts'

/** Records a batch: some hundred kilobytes at most. */
const recordsPerBatch = 1_000

export interface SnapshotContent {
  /** Undefined where the voters are those of the configuration. */
  readonly voters: readonly Voter[] | undefined
  readonly records: Iterable<MetadataRecordInput>
}

export function encodeSnapshot(env: Env, epoch: number, content: SnapshotContent): Uint8Array {
  const timestamp = env.wallMs()
  const batches: Uint8Array[] = []
  let baseOffset = 0
  const add = (records: readonly NewRecord[], isControl = false): void => {
    batches.push(buildBatch(records, env.crc32c, { baseOffset, partitionLeaderEpoch: epoch, isControl }))
    baseOffset += records.length
  }
  const header = encodeControl(snapshotHeader, { version: 0, lastContainedLogTimestamp: timestamp })
  add(
    [{ key: controlKey(controlTypes.snapshotHeader), value: header, timestamp }, ...voterRecords(content, timestamp)],
    true,
  )
  let pending: NewRecord[] = []
  for (const record of content.records) {
    pending.push({ key: null, value: encodeMetadataRecord(record), timestamp })
    if (pending.length < recordsPerBatch) continue
    add(pending)
    pending = []
  }
  if (pending.length > 0) add(pending)
  const footer = encodeControl(snapshotFooter, { version: 0 })
  add([{ key: controlKey(controlTypes.snapshotFooter), value: footer, timestamp }], true)
  return joined(batches)
}

const voterRecords = ({ voters }: SnapshotContent, timestamp: number): NewRecord[] =>
  voters === undefined ? [] : encodeVoters(voters, timestamp)

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** From the header to the footer, every checksum right. Only then is anything else to be read of it. */
export function isSoundSnapshot(env: Env, bytes: Uint8Array): boolean {
  const view = viewOf(bytes)
  let [at, nextOffset, hasFooter] = [0, 0, false]
  while (batch.isWhole(view, at, bytes.length)) {
    if (hasFooter || !batch.hasValidCrc(bytes, view, at, env.crc32c)) return false
    if (batch.baseOffset(view, at) !== nextOffset) return false
    if (batch.isControl(view, at)) {
      const type = firstControlType(env, bytes, view, at)
      if ((at === 0) !== (type === controlTypes.snapshotHeader)) return false
      hasFooter = type === controlTypes.snapshotFooter
    } else if (at === 0) return false
    nextOffset = batch.lastOffset(view, at) + 1
    at += batch.sizeInBytes(view, at)
  }
  return hasFooter && at === bytes.length
}

function firstControlType(env: Env, bytes: Uint8Array, view: DataView, at: number): number | undefined {
  const cursor = new RecordCursor(bytes, view, at, env.decompress)
  return cursor.next() ? controlTypeOf(cursor.key) : undefined
}

/** Of a sound one. Undefined where the voters are those of the configuration. */
export function snapshotVoters(env: Env, bytes: Uint8Array): readonly Voter[] | undefined {
  let voters: readonly Voter[] | undefined
  let isDynamic = false
  for (const { key, value } of recordsOf(env, bytes, true)) {
    if (controlTypeOf(key) === controlTypes.kraftVersion)
      isDynamic = decodeControl(kraftVersion, value!).kRaftVersion > 0
    else if (controlTypeOf(key) === controlTypes.kraftVoters) voters = decodeVoters(value!)
  }
  return isDynamic ? voters : undefined
}

/** Of a sound one; one after the other, as there may be many. */
export function* snapshotRecords(env: Env, bytes: Uint8Array): Generator<MetadataRecord> {
  for (const { value } of recordsOf(env, bytes, false)) yield decodeMetadataRecord(value!)
}

function* recordsOf(env: Env, bytes: Uint8Array, isControl: boolean): Generator<RecordCursor> {
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length; at += batch.sizeInBytes(view, at)) {
    if (batch.isControl(view, at) !== isControl) continue
    const cursor = new RecordCursor(bytes, view, at, env.decompress)
    while (cursor.next()) yield cursor
  }
}
