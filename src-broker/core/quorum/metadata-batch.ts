// Metadata records as record batches, the way Kafka keeps them: no key, the framed record as value, one batch a decision.
import { viewOf } from '../../protocol/reader.ts'
import { encodeControl, leaderChangeMessage } from '../../protocol/stored/control-records.ts'
import { encodeMetadataRecord } from '../../protocol/stored/metadata-records.ts'
import * as batch from '../../records/batch.ts'
import { buildBatch } from '../../records/build.ts'
import { controlKey, controlTypes } from '../../records/control.ts'
import { RecordCursor } from '../../records/read.ts'
import type { Env } from '../env.ts'
import type { LeaderChange } from './raft-log.ts'
import type { MetadataRecordInput } from './records.ts'
import { encodeVoters } from './voter-records.ts'
import type { Voter } from './voters.ts'

export const encodeMetadataBatch = (env: Env, records: readonly MetadataRecordInput[]): Uint8Array => {
  const timestamp = env.wallMs()
  const values = records.map((record) => ({ key: null, value: encodeMetadataRecord(record), timestamp }))
  return buildBatch(values, env.crc32c)
}

export function encodeLeaderChange(env: Env, { leaderId, voters, grantingVoters }: LeaderChange): Uint8Array {
  const value = encodeControl(leaderChangeMessage, {
    version: 0,
    leaderId,
    voters: voters.map((voterId) => ({ voterId })),
    grantingVoters: grantingVoters.map((voterId) => ({ voterId })),
  })
  const record = { key: controlKey(controlTypes.leaderChange), value, timestamp: env.wallMs() }
  return buildBatch([record], env.crc32c, { isControl: true })
}

export const encodeVotersBatch = (env: Env, voters: readonly Voter[]): Uint8Array =>
  buildBatch(encodeVoters(voters, env.wallMs()), env.crc32c, { isControl: true })

/** Calls `see` with the bytes of every metadata record of the batches in [from, to) and returns the offset to go on from. */
export function walkBatches(
  env: Env,
  bytes: Uint8Array,
  from: number,
  to: number,
  see: ((value: Uint8Array, offset: number) => void) | undefined,
): number {
  const view = viewOf(bytes)
  let next = from
  for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
    const lastOffset = batch.lastOffset(view, at)
    if (lastOffset >= to) break
    if (lastOffset < from) continue
    if (see !== undefined && !batch.isControl(view, at)) {
      const cursor = new RecordCursor(bytes, view, at, env.decompress)
      while (cursor.next()) see(cursor.value!, cursor.offset)
    }
    next = lastOffset + 1
  }
  return next
}
