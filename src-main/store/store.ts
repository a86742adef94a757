// `pressroom.sqlite` in the data directory: the journal. Records never pass through here; the partition logs are the source of truth.
//
// SQLite's header tells who wrote the file before SQLite itself is loaded: a file of a newer Pressroom is refused at the start,
// untouched, while the native module waits until there is something to write.
//   bytes 0–15 "SQLite format 3\0" · 60–63 user version: our schema's · 68–71 application id: ours
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'

const schemaVersion = 1
const applicationId = 0x5052_534d // PRSM
const headerBytes = 100
const keptMs = 30 * 86_400_000
const keptEntries = 200_000

/** The store is of no use to this version. `message` is one line for the user. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused'
  readonly code = 'STORE_REFUSED'
}

export const storePath = (dataDirectory: string): string => join(dataDirectory, 'pressroom.sqlite')

/** Throws StoreRefused where the file is not ours or was written by a newer version. Changes nothing; a missing file is fine. */
export function checkStore(path: string): void {
  const header = readHeader(path)
  if (header === null || header.length === 0) return
  const isSqlite = header.length === headerBytes && header.toString('latin1', 0, 16) === 'SQLite format 3\0'
  // A file that was created and never written has neither mark yet.
  const isOurs = isSqlite && (header.readUInt32BE(68) === applicationId || header.readUInt32BE(60) === 0)
  if (!isOurs) throw new StoreRefused(`${path} is not a file of Pressroom`)
  const version = header.readUInt32BE(60)
  if (version > schemaVersion) {
    throw new StoreRefused(
      `${path} was written by a newer Pressroom (schema ${version}, this one knows ${schemaVersion})`,
    )
  }
}

/** Opens or creates the store; `:memory:` keeps nothing. */
export async function openStore(path: string): Promise<Database> {
  if (path !== ':memory:') checkStore(path)
  const { default: Sqlite } = await import('better-sqlite3')
  const database = new Sqlite(path)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.transaction(() => migrate(database))()
  prune(database)
  return database
}

function migrate(database: Database): void {
  if (database.pragma('user_version', { simple: true }) !== 0) return
  database.exec(`
    CREATE TABLE journal (
      id INTEGER PRIMARY KEY,
      atMs INTEGER NOT NULL,
      kind TEXT NOT NULL,
      payload TEXT NOT NULL
    ) STRICT;
    CREATE INDEX journalByKind ON journal (kind, atMs);
  `)
  database.pragma(`application_id = ${applicationId}`)
  database.pragma(`user_version = ${schemaVersion}`)
}

function prune(database: Database): void {
  database.prepare('DELETE FROM journal WHERE atMs < ?').run(Date.now() - keptMs)
  database.prepare('DELETE FROM journal WHERE id <= (SELECT max(id) FROM journal) - ?').run(keptEntries)
}

function readHeader(path: string): Buffer | null {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new StoreRefused(`cannot read ${path} (${code})`)
  }
  try {
    const header = Buffer.alloc(headerBytes)
    return header.subarray(0, readSync(descriptor, header, 0, headerBytes, 0))
  } finally {
    closeSync(descriptor)
  }
}
