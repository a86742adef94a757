import { defineApi } from '../api.ts'
import { array, int8, int16, int32, int53, int64, records, string, struct, uuid } from '../schema.ts'

export const fetch = defineApi({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleFrom: 12,
  request: {
    /** Refused with INCONSISTENT_CLUSTER_ID where it is another cluster's. */
    clusterId: string.since(12).orNull().tag(0).ignorable(),
    /** -1 for a consumer. */
    replicaId: int32.until(14).default(-1),
    replicaState: struct({
      replicaId: int32.default(-1),
      /** The broker epoch of the follower: fetches of an earlier life are refused (KIP-903). */
      replicaEpoch: int53.default(-1),
    })
      .since(15)
      .tag(1),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(0x7fff_ffff),
    /** 0: read uncommitted, up to the high watermark; 1: read committed, up to the last stable offset. */
    isolationLevel: int8.default(0),
    /** A fetch session (KIP-227) sends only what changed; 0 asks for a new one. */
    sessionId: int32.since(7).default(0).ignorable(),
    /** 0 begins a session, -1 ends it or goes without. */
    sessionEpoch: int32.since(7).default(-1).ignorable(),
    topics: array({
      topic: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitions: array({
        partition: int32,
        /** Epoch the client believes the leader is in; -1 skips fencing (KIP-320). */
        currentLeaderEpoch: int32.since(9).default(-1).ignorable(),
        fetchOffset: int53,
        /** Epoch of the last record the fetcher has: shows a log that went another way (KIP-595). */
        lastFetchedEpoch: int32.since(12).default(-1),
        /** Of the follower; -1 for a consumer. */
        logStartOffset: int53.since(5).default(-1).ignorable(),
        /** The first batch is sent even where it is larger. */
        partitionMaxBytes: int32,
        replicaDirectoryId: uuid.since(17).tag(0).ignorable(),
        /** The high watermark the follower knows: an answer waits until there is news. The default means no wait (KIP-1166). */
        highWatermark: int64.since(18).tag(1).default(0x7fff_ffff_ffff_ffffn).ignorable(),
      }),
    }),
    /** Partitions that leave the session. */
    forgottenTopicsData: array({
      topic: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitions: array(int32),
    }).since(7),
    rackId: string.since(11).ignorable(),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16.since(7).ignorable(),
    /** 0 where there is no session. */
    sessionId: int32.since(7).default(0),
    responses: array({
      topic: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int53,
        /** First offset of the oldest open transaction, or the high watermark where none is open. */
        lastStableOffset: int53.default(-1),
        logStartOffset: int53.since(5).default(-1).ignorable(),
        /** Where the fetcher's log may still agree with ours, when its last fetched epoch shows that it does not. */
        divergingEpoch: struct({
          epoch: int32.default(-1),
          endOffset: int53.default(-1),
        })
          .since(12)
          .tag(0),
        currentLeader: struct({
          leaderId: int32.default(-1),
          leaderEpoch: int32.default(-1),
        })
          .since(12)
          .tag(1),
        /** The follower is so far behind that it has to fetch this snapshot first (KIP-630). */
        snapshotId: struct({
          endOffset: int53.default(-1),
          epoch: int32.default(-1),
        })
          .since(12)
          .tag(2),
        /** Read committed only: producers whose records from `firstOffset` up to their abort marker do not count. */
        abortedTransactions: array({
          producerId: int53,
          firstOffset: int53,
        }).orNull(),
        /** A closer replica to fetch from (KIP-392); -1 for none. */
        preferredReadReplica: int32.since(11).default(-1),
        /** Whole batches; the first may begin before the asked offset, the last may be cut off. */
        records,
      }),
    }),
    /** Addresses of the leaders named in `currentLeader` (KIP-951). */
    nodeEndpoints: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.orNull(),
    })
      .since(16)
      .tag(0),
  },
})
