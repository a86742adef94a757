// Records of `__cluster_metadata`. Their fields are described once, in `protocol/stored/metadata-records.ts`; here are the
// names that the quorum has for them.
import type { Uuid } from '../../base/uuid.ts'
import type { MetadataRecord, MetadataRecordInput } from '../../protocol/stored/metadata-records.ts'

export type { MetadataRecord, MetadataRecordInput }
export type RecordOf<Type extends MetadataRecord['type']> = Extract<MetadataRecord, { readonly type: Type }>
export type InputOf<Type extends MetadataRecord['type']> = Extract<MetadataRecordInput, { readonly type: Type }>

export type BrokerEndpoint = RecordOf<'RegisterBrokerRecord'>['endPoints'][number]
export type SupportedFeature = RecordOf<'RegisterBrokerRecord'>['features'][number]

export const noLeader = -1
export const leaderUnchanged = -2
/** LeaderRecoveryState: elected uncleanly, and not heard of since. */
export const recovering = 1

type PartitionChange = Omit<InputOf<'PartitionChangeRecord'>, 'type' | 'topicId' | 'partitionId'>

/** A change of one partition, of which only what is said changes. */
export const partitionChange = (
  topicId: Uuid,
  partitionId: number,
  change: PartitionChange,
): InputOf<'PartitionChangeRecord'> => ({ type: 'PartitionChangeRecord', topicId, partitionId, ...change })
