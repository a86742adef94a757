// Values of the control records that Raft keeps in the metadata log and in snapshots (KIP-595, 630, 853). Each begins with its
// own version, as a field. Their keys say which it is; see `records/`.
import { WireReader } from '../reader.ts'
import {
  array,
  type Decoded,
  type Encodable,
  int16,
  int32,
  int53,
  type Shape,
  string,
  struct,
  uint16,
  uuid,
} from '../schema.ts'
import { bytesOf, defineStored, type Stored } from './stored.ts'

const voter = {
  voterId: int32,
  voterDirectoryId: uuid.since(1),
}

/** The first record of a leader's epoch: nothing of an earlier epoch counts as committed before it is. */
export const leaderChangeMessage = defineStored({
  name: 'LeaderChangeMessage',
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    version: int16,
    leaderId: int32,
    voters: array(voter),
    grantingVoters: array(voter),
  },
})

export const snapshotHeader = defineStored({
  name: 'SnapshotHeaderRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    version: int16,
    lastContainedLogTimestamp: int53,
  },
})

export const snapshotFooter = defineStored({
  name: 'SnapshotFooterRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: { version: int16 },
})

export const kraftVersion = defineStored({
  name: 'KRaftVersionRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    version: int16,
    /** 0: the voters are fixed by configuration; 1: they are the last VotersRecord. */
    kRaftVersion: int16,
  },
})

export const voters = defineStored({
  name: 'VotersRecord',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    version: int16,
    voters: array({
      voterId: int32,
      voterDirectoryId: uuid,
      endpoints: array({
        name: string,
        host: string,
        port: uint16,
      }),
      kRaftVersionFeature: struct({
        minSupportedVersion: int16,
        maxSupportedVersion: int16,
      }),
    }),
  },
})

type ControlFields = Shape & { readonly version: typeof int16 }

export function encodeControl<Fields extends ControlFields>(
  control: Stored<Fields>,
  value: Encodable<Fields>,
): Uint8Array {
  const { version } = value as Encodable<ControlFields>
  return bytesOf((writer) => control.codec(version).encode(value, writer))
}

export function decodeControl<Fields extends ControlFields>(
  control: Stored<Fields>,
  bytes: Uint8Array,
): Decoded<Fields> {
  const version = new WireReader(bytes).int16()
  return control.codecOfRead(version).decode(new WireReader(bytes))
}
