// What consumers of a classic group tell each other through the coordinator, inside JoinGroup and SyncGroup. The broker passes it
// on unread; we read it to show it. An int16 version leads. A reader takes what it knows of a newer version: later versions only
// add fields at the end.
import { WireReader } from '../reader.ts'
import { array, bytes, type Decoded, int32, type Shape, string } from '../schema.ts'
import { defineStored, type Stored } from './stored.ts'

export const consumerProtocolSubscription = defineStored({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    topics: array(string),
    /** The assignor's own. */
    userData: bytes.orNull(),
    /** What the member had before the rebalance, for cooperative assignors (KIP-429). */
    ownedPartitions: array({
      topic: string,
      partitions: array(int32),
    })
      .since(1)
      .ignorable(),
    /** In which it had them; -1 where unknown. */
    generationId: int32.since(2).default(-1).ignorable(),
    rackId: string.since(3).orNull().ignorable(),
  },
})

export const consumerProtocolAssignment = defineStored({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    assignedPartitions: array({
      topic: string,
      partitions: array(int32),
    }),
    userData: bytes.orNull(),
  },
})

export const decodeSubscription = (bytes: Uint8Array): Decoded<typeof consumerProtocolSubscription.fields> =>
  decodeKnownPart(consumerProtocolSubscription, bytes)

export const decodeAssignment = (bytes: Uint8Array): Decoded<typeof consumerProtocolAssignment.fields> =>
  decodeKnownPart(consumerProtocolAssignment, bytes)

function decodeKnownPart<Fields extends Shape>(stored: Stored<Fields>, bytes: Uint8Array): Decoded<Fields> {
  const reader = new WireReader(bytes)
  return stored.codecOfRead(Math.min(reader.int16(), stored.maxVersion)).decode(reader)
}
