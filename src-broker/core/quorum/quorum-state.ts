// `quorum-state`: the epoch, and how this broker voted in it, on disk before anybody is told. Kafka's JSON of the same name.
import { decodeText, encodeText } from '../../base/text.ts'
import type { Env } from '../env.ts'
import { metadataDirectoryName } from '../log/file-names.ts'
import { MetadataDamaged } from './metadata-damaged.ts'
import type { QuorumState } from './raft-state.ts'

const path = `${metadataDirectoryName}/quorum-state`
const noDirectory = 'AAAAAAAAAAAAAAAAAAAAAA'

/** `voters` in Kafka's form for those that are fixed by configuration; undefined where the log names them. */
export function writeQuorumState({ disk }: Env, state: QuorumState, voters: readonly number[] | undefined): void {
  const { leaderId, leaderEpoch, votedId } = state
  const currentVoters = voters?.map((voterId) => ({ voterId }))
  const content =
    voters === undefined
      ? { leaderId, leaderEpoch, votedId, votedDirectoryId: noDirectory, data_version: 1 }
      : { clusterId: '', leaderId, leaderEpoch, votedId, appliedOffset: 0, currentVoters, data_version: 0 }
  disk.replace(path, encodeText(JSON.stringify(content)))
}

/** Undefined before the first vote. Throws MetadataDamaged where the file does not say how this broker voted: it must not vote again. */
export function readQuorumState({ disk }: Env): QuorumState | undefined {
  const bytes = disk.read(path)
  if (bytes === undefined) return undefined
  try {
    const { leaderId, leaderEpoch, votedId } = JSON.parse(decodeText(bytes))
    if ([leaderId, leaderEpoch, votedId].every(Number.isInteger) && isEpoch(leaderEpoch))
      return { leaderId, leaderEpoch, votedId }
  } catch {
    // Falls through: no JSON, or JSON of something else.
  }
  throw new MetadataDamaged(`${path} is damaged: it no longer says how this broker voted`)
}

/** An int32 that another can follow: were it the last, no broker that heard of it could ever elect anybody again. */
const isEpoch = (epoch: number): boolean => epoch >= 0 && epoch < 2 ** 31 - 1
