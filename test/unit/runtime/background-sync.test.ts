import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
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
