import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DiskError } from '../../../src-broker/base/disk.ts'
import { BackgroundSync } from '../../../src-broker/runtime/background-sync.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => {
  vi.restoreAllMocks()
  folder.remove()
})

test('a segment that was removed and made anew under its name is synced itself, not the one that is gone', async () => {
  const path = '__cluster_metadata-0/00000000000000000000.log'
  const file = join(folder.path, path)
  fs.mkdirSync(join(folder.path, '__cluster_metadata-0'))
  fs.writeFileSync(file, 'old')
  const synced: string[] = []
  const { fdatasync } = fs
  vi.spyOn(fs, 'fdatasync').mockImplementation((descriptor, done) => {
    const content = Buffer.alloc(3)
    fs.readSync(descriptor, content, 0, 3, 0)
    synced.push(String(content))
    fdatasync(descriptor, done)
  })
  const syncs = new BackgroundSync(folder.path)
  const sync = () => new Promise<void>((resolve) => syncs.sync(path, resolve))
  await sync()
  fs.rmSync(file)
  fs.writeFileSync(file, 'new')
  await sync()
  await sync()
  expect(synced).toEqual(['old', 'new', 'new'])
})

test.each(['open', 'fdatasync'] as const)(
  'where %s fails it is the disk that refused: its broker is tried again for as long as it takes',
  (call) => {
    const opened = (...given: unknown[]) => (given.at(-1) as (error: null, descriptor: number) => void)(null, 7)
    const refused = (...given: unknown[]) =>
      (given.at(-1) as (error: Error) => void)(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
    vi.spyOn(fs, 'open').mockImplementation(opened as never)
    vi.spyOn(fs, call).mockImplementation(refused as never)
    const sync = () => new BackgroundSync(folder.path).sync('a', () => expect.fail('it is not synced'))
    expect(sync).toThrow(DiskError)
    expect(sync).toThrow('ENOSPC on a')
  },
)
