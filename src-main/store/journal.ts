// What happened and what was done, in the order it came: events of the cluster (kind `pulse`) and every change made from a window,
// named by its request, with what is needed to undo it where it can be undone. Entries are written a second after they came, many
// at once; a change is written before its answer leaves.
import type { Database } from 'better-sqlite3'
import { openStore } from './store.ts'

export interface JournalEntry {
  readonly atMs: number
  readonly kind: string
  readonly payload: unknown
}

const flushMs = 1_000

export class Journal {
  readonly #path: string
  readonly #onError: (error: unknown) => void
  #database: Promise<Database> | null = null
  #pending: JournalEntry[] = []
  #timer: NodeJS.Timeout | null = null

  /** `path` may be `:memory:`. The file is opened with the first write or read. */
  constructor(path: string, onError: (error: unknown) => void) {
    this.#path = path
    this.#onError = onError
  }

  /** Written soon. */
  append(entry: JournalEntry): void {
    this.#pending.push(entry)
    this.#timer ??= setTimeout(() => void this.flush(), flushMs).unref()
  }

  /** Written now. A journal that cannot be written is reported, and holds nothing up. */
  record(entry: JournalEntry): Promise<void> {
    this.#pending.push(entry)
    return this.flush()
  }

  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#pending.length === 0) return
    try {
      const database = await this.#open()
      const entries = this.#pending.splice(0)
      const insert = database.prepare('INSERT INTO journal (atMs, kind, payload) VALUES (?, ?, ?)')
      database.transaction(() => {
        for (const { atMs, kind, payload } of entries) insert.run(Math.trunc(atMs), kind, JSON.stringify(payload))
      })()
    } catch (error) {
      this.#pending = []
      this.#onError(error)
    }
  }

  /** The last entries of a kind since a time, the oldest first. */
  async read(kind: string, sinceMs: number, limit: number): Promise<JournalEntry[]> {
    await this.flush()
    const database = await this.#open()
    const rows = database
      .prepare('SELECT atMs, payload FROM journal WHERE kind = ? AND atMs >= ? ORDER BY id DESC LIMIT ?')
      .all(kind, sinceMs, limit) as { atMs: number; payload: string }[]
    return rows.map(({ atMs, payload }) => ({ atMs, kind, payload: JSON.parse(payload) })).reverse()
  }

  async close(): Promise<void> {
    await this.flush()
    if (this.#database !== null) (await this.#database).close()
    this.#database = null
  }

  #open(): Promise<Database> {
    this.#database ??= openStore(this.#path).catch((error) => {
      this.#database = null
      throw error
    })
    return this.#database
  }
}
