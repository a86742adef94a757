// The voters as control records of the log and of snapshots (KIP-853).
import { viewOf } from '../../protocol/reader.ts'
import {
  decodeControl,
  encodeControl,
  kraftVersion,
  voters as votersRecord,
} from '../../protocol/stored/control-records.ts'
import * as batch from '../../records/batch.ts'
import type { NewRecord } from '../../records/build.ts'
import { controlKey, controlTypeOf, controlTypes } from '../../records/control.ts'
import { RecordCursor } from '../../records/read.ts'
import type { Env } from '../env.ts'
import type { Voter, VoterSet } from './voters.ts'

/** 1: the voters are those of the last VotersRecord. */
const kRaftVersion = 1
const kRaftVersionFeature = { minSupportedVersion: 0, maxSupportedVersion: kRaftVersion }

export function encodeVoters(voters: readonly Voter[], timestamp: number): NewRecord[] {
  const value = encodeControl(votersRecord, {
    version: 0,
    voters: voters.map(({ id, directoryId, endpoints }) => ({
      voterId: id,
      voterDirectoryId: directoryId,
      endpoints,
      kRaftVersionFeature,
    })),
  })
  return [
    {
      key: controlKey(controlTypes.kraftVersion),
      value: encodeControl(kraftVersion, { version: 0, kRaftVersion }),
      timestamp,
    },
    { key: controlKey(controlTypes.kraftVoters), value, timestamp },
  ]
}

export const decodeVoters = (value: Uint8Array): Voter[] =>
  decodeControl(votersRecord, value).voters.map(({ voterId, voterDirectoryId, endpoints }) => ({
    id: voterId,
    directoryId: voterDirectoryId,
    endpoints,
  }))

/** The voter sets that whole batches name, in the order of the log. */
export function* voterSetsIn(env: Env, bytes: Uint8Array): Generator<Omit<VoterSet, 'previous'>> {
  const view = viewOf(bytes)
  for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
    if (!batch.isControl(view, at)) continue
    const cursor = new RecordCursor(bytes, view, at, env.decompress)
    while (cursor.next()) {
      if (controlTypeOf(cursor.key) !== controlTypes.kraftVoters) continue
      yield { offset: cursor.offset, voters: decodeVoters(cursor.value!) }
    }
  }
}
