import type { Disk } from '../base/disk.ts'
import type { Random } from '../base/random.ts'
import type { Compress, Decompress } from '../records/batch.ts'

/** Everything of the outside world that a broker's core may touch. The worker thread and the simulator each have one. */
export interface Env {
  /** Wall clock, milliseconds since 1970: record timestamps, retention. May jump. */
  wallMs(): number
  /** Never goes back: deadlines and sessions. Milliseconds from an arbitrary start. */
  monotonicMs(): number
  readonly random: Random
  readonly disk: Disk
  /** CRC-32C (Castagnoli) of bytes[from, to), as an unsigned 32-bit number. */
  crc32c(bytes: Uint8Array, from: number, to: number): number
  readonly decompress: Decompress
  readonly compress: Compress
  /** Opens a file of a peer's directory for reading: how a follower gets at its leader's log. Throws DiskError. */
  openPeerFile(brokerId: number, path: string): PeerFile
}

export interface PeerFile {
  /** Reads up to `length` bytes at `position` into `into` from index `at`; returns how many were there. Throws DiskError. */
  read(into: Uint8Array, at: number, length: number, position: number): number
  close(): void
}
