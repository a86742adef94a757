import { array, int16, int32, int53, uint32 } from '../schema.ts'
import { defineStored } from './stored.ts'

/** The file `<offset>.snapshot` of a partition, behind an int16 version: its producers as they stood before that offset. */
export const producerSnapshot = defineStored({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  fields: {
    /** CRC-32C of everything behind it. */
    crc: uint32,
    producerEntries: array({
      producerId: int53,
      epoch: int16,
      lastSequence: int32,
      lastOffset: int53,
      /** From the first to the last offset of the last batch. */
      offsetDelta: int32,
      timestamp: int53,
      /** Of the last transaction marker. */
      coordinatorEpoch: int32,
      /** -1 where no transaction is open. */
      currentTxnFirstOffset: int53,
    }),
  },
})
