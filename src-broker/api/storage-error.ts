import { DiskError } from '../base/disk.ts'
import { errors } from '../protocol/errors.ts'
import { CorruptBatch } from '../records/corrupt-batch.ts'

/** What a client is told when the log cannot be read or written. Anything else is a bug, and is thrown on. */
export function storageErrorOf(error: unknown): number {
  if (error instanceof CorruptBatch) return errors.CORRUPT_MESSAGE
  if (error instanceof DiskError) return errors.KAFKA_STORAGE_ERROR
  throw error
}
