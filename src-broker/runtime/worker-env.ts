// The outside world of a broker in a worker thread.
import { crc32c } from '@node-rs/crc32'
import { seededRandom } from '../base/random.ts'
import { compress } from '../client/compress.ts'
import { decompress } from '../client/compression.ts'
import type { Env } from '../core/env.ts'
import { FileDisk } from './file-disk.ts'
import { PeerFiles } from './peer-files.ts'

/** CRC of the whole array, or of a stretch of it: `subarray` costs, so only where it must. */
const checksum = (bytes: Uint8Array, from: number, to: number): number =>
  crc32c((from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to)) as Buffer)

export function workerEnv(directory: string, peerDirectories: Readonly<Record<number, string>>): Env {
  const peerFiles = new PeerFiles(peerDirectories)
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    random: seededRandom(crypto.getRandomValues(new Uint32Array(1))[0]!),
    disk: new FileDisk(directory),
    crc32c: checksum,
    decompress,
    compress,
    openPeerFile: (brokerId, path) => peerFiles.open(brokerId, path),
  }
}
