// The file system as the core sees it: synchronous and injected, so that the same code runs on real files and on a
// simulated disk with crashes, torn writes and power loss. Paths are relative to the broker's own directory and use '/'.

export interface Disk {
  /** Names in a directory, sorted; empty where it does not exist. */
  list(directory: string): string[]
  makeDirectory(path: string): void
  exists(path: string): boolean
  /** Opens for reading and writing, creating the file where it is missing. The handle is cheap: it may hold no descriptor until used. */
  open(path: string): DiskFile
  /** A small file as a whole, or undefined where it does not exist. */
  read(path: string): Uint8Array | undefined
  /** Replaces a small file as a whole: written beside, synced, renamed. After a crash the old or the new content is there, never a mix. */
  replace(path: string, content: Uint8Array): void
  rename(from: string, to: string): void
  /** Removes a file, or a directory with all that is in it. Silent where there is none. */
  remove(path: string): void
}

/** Every method throws DiskError when the outside world refuses. A short read or write is never silent. */
export interface DiskFile {
  readonly path: string
  /** Bytes. Kept in memory after the first look: only this handle writes the file. */
  readonly size: number
  /** Writes bytes[from, to) at `position`. */
  write(bytes: Uint8Array, from: number, to: number, position: number): void
  /** Reads up to `length` bytes at `position` into `into` from index `at`; returns how many were there. */
  read(into: Uint8Array, at: number, length: number, position: number): number
  truncate(size: number): void
  /** Returns once the content would survive a power loss. Blocks: for rare, small files. */
  sync(): void
  close(): void
}

/** The disk refused. `code` is the platform's (ENOSPC, EIO, …). */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string
  readonly path: string
  constructor(code: string, path: string, cause?: unknown) {
    super(`${code} on ${path}`, { cause })
    this.code = code
    this.path = path
  }
}

/** Whether the disk took it. Where it refused, what was written down before stays true, and the next time may do. */
export function attempt(work: () => void): boolean {
  try {
    work()
    return true
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}
