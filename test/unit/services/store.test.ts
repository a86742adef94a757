import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Journal } from '../../../src-main/store/journal.ts'
import { checkStore, openStore, storePath } from '../../../src-main/store/store.ts'

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pressroom-store-'))
  path = storePath(directory)
})
afterEach(() => rmSync(directory, { recursive: true }))

const fails = (error: unknown) => {
  throw error
}

describe('the store', () => {
  test('is created where there is none, and opened again', async () => {
    checkStore(path)
    ;(await openStore(path)).close()
    checkStore(path)
    const again = await openStore(path)
    expect(again.pragma('user_version', { simple: true })).toBe(1)
    again.close()
  })

  test('of a newer version is refused in one line and left as it is', async () => {
    const database = await openStore(path)
    database.pragma('user_version = 7')
    database.close()
    const before = readFileSync(path)
    const message = `${path} was written by a newer Pressroom (schema 7, this one knows 1)`
    expect(() => checkStore(path)).toThrow(message)
    await expect(openStore(path)).rejects.toThrow(message)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test("of somebody else is refused, another program's database too", () => {
    writeFileSync(path, 'a letter')
    expect(() => checkStore(path)).toThrow(`${path} is not a file of Pressroom`)
    rmSync(path)
    const foreign = new Sqlite(path)
    foreign.pragma('user_version = 1')
    foreign.exec('CREATE TABLE theirs (a)')
    foreign.close()
    expect(() => checkStore(path)).toThrow(`${path} is not a file of Pressroom`)
  })
})

describe('the journal', () => {
  test('gives back what was written, oldest first, also after it was closed', async () => {
    const journal = new Journal(path, fails)
    for (let atMs = 1; atMs <= 5; atMs++) journal.append({ atMs: Date.now() + atMs, kind: 'pulse', payload: { atMs } })
    await journal.record({ atMs: Date.now(), kind: 'topics.delete', payload: { topic: 'flights' } })
    await journal.close()
    const again = new Journal(path, fails)
    const numbers = (await again.read('pulse', 0, 3)).map(({ payload }) => (payload as { atMs: number }).atMs)
    expect(numbers).toEqual([3, 4, 5])
    expect((await again.read('topics.delete', 0, 10)).map(({ payload }) => payload)).toEqual([{ topic: 'flights' }])
    expect(await again.read('pulse', Date.now() + 1e6, 10)).toEqual([])
    await again.close()
  })

  test('opens nothing until there is something to write', async () => {
    const journal = new Journal(path, fails)
    await journal.close()
    expect(() => statSync(path)).toThrow('ENOENT')
  })

  test('entries of more than thirty days ago go when it is opened', async () => {
    const journal = new Journal(path, fails)
    journal.append({ atMs: Date.now() - 31 * 86_400_000, kind: 'pulse', payload: 'old' })
    journal.append({ atMs: Date.now() - 29 * 86_400_000, kind: 'pulse', payload: 'kept' })
    await journal.close()
    const again = new Journal(path, fails)
    expect((await again.read('pulse', 0, 10)).map(({ payload }) => payload)).toEqual(['kept'])
    await again.close()
  })

  test('that cannot be written is reported and holds nothing up', async () => {
    const errors: unknown[] = []
    const journal = new Journal(join(directory, 'missing', 'pressroom.sqlite'), (error) => errors.push(error))
    await journal.record({ atMs: 1, kind: 'pulse', payload: 1 })
    await journal.record({ atMs: 2, kind: 'pulse', payload: 2 })
    expect(errors).toHaveLength(2)
  })
})
