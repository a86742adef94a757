import * as batch from './batch.ts'
import { RecordCursor } from './read.ts'

export interface Compression {
  readonly codec: batch.Codec
  /** The codec's own default where undefined. */
  readonly level: number | undefined
}

/** The batch at `at`, its records packed by another codec. Throws CorruptBatch where they cannot be read. */
export function recompressedBatch(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  { codec, level }: Compression,
  env: { readonly crc32c: batch.Crc32c; readonly decompress: batch.Decompress; readonly compress: batch.Compress },
): Uint8Array<ArrayBuffer> {
  const cursor = new RecordCursor(bytes, view, at, env.decompress)
  const from = cursor.recordEnd
  while (cursor.next()) void cursor.headers // Throws where they are none.
  const plain = cursor.block.subarray(from, cursor.recordEnd)
  const block = codec === batch.codecs.none ? plain : env.compress(codec, plain, level)
  const made = new Uint8Array(batch.batchHeaderBytes + block.length)
  const madeView = new DataView(made.buffer)
  made.set(bytes.subarray(at, at + batch.batchHeaderBytes))
  made.set(block, batch.batchHeaderBytes)
  batch.stampContent(madeView, 0, made.length, batch.recordCount(view, at), batch.maxTimestamp(view, at))
  batch.stampCodec(madeView, 0, codec)
  batch.stampCrc(made, madeView, 0, env.crc32c)
  return made
}
