import { defineApi } from '../api.ts'
import { array, bool, int16, int32, int53, string } from '../schema.ts'

export const describeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleFrom: 2,
  request: {
    /** Null means all. */
    topics: array({
      topic: string,
      partitions: array(int32),
    }).orNull(),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16.since(3).ignorable(),
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          partitionSize: int53,
          /** How far the log ends before the high watermark. */
          offsetLag: int53,
          /** On its way from another directory of the same broker. */
          isFutureKey: bool,
        }),
      }),
      /** Of the volume; -1 where it is not known. */
      totalBytes: int53.since(4).default(-1).ignorable(),
      usableBytes: int53.since(4).default(-1).ignorable(),
      /** Gets no new replicas (KIP-1066). */
      isCordoned: bool.since(5).default(false).ignorable(),
    }),
  },
})
