import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DiskError } from '../../../src-broker/base/disk.ts'
import { decodeText, encodeText } from '../../../src-broker/base/text.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../../src-broker/core/log/log-directory.ts'
import { FileDisk } from '../../../src-broker/runtime/file-disk.ts'
import { compress, crc32c, decompress } from '../records/samples.ts'
import { contents, fill, filled } from './bench.ts'

let root: string
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'pressroom-disk-'))
})
afterEach(() => fs.rmSync(root, { recursive: true, force: true }))

const write = (file: ReturnType<FileDisk['open']>, content: string, position = 0) => {
  const bytes = encodeText(content)
  file.write(bytes, 0, bytes.length, position)
}

const read = (file: ReturnType<FileDisk['open']>, length = 100, position = 0) => {
  const into = new Uint8Array(length)
  return decodeText(into.subarray(0, file.read(into, 0, length, position)))
}

const openDescriptors = () => fs.readdirSync('/proc/self/fd').length

test('a file is made by its first write, not by looking at it', () => {
  const disk = new FileDisk(root)
  const file = disk.open('a')
  expect([file.size, read(file), disk.exists('a')]).toEqual([0, '', false])
  write(file, 'hello')
  write(file, 'p!', 3)
  expect([file.size, read(file), read(file, 2, 1), disk.list('')]).toEqual([5, 'help!', 'el', ['a']])
  file.truncate(2)
  expect([file.size, read(file), fs.readFileSync(join(root, 'a'), 'utf8')]).toEqual([2, 'he', 'he'])
})

test('one handle sees what another wrote, as a follower reads the file of a leader', () => {
  const leader = new FileDisk(root).open('a')
  const follower = new FileDisk(root).open('a')
  expect(read(follower)).toBe('')
  write(leader, 'one')
  expect(read(follower)).toBe('one')
  write(leader, 'two', 3)
  expect(read(follower)).toBe('onetwo')
})

test('small files are read and replaced as a whole', () => {
  const disk = new FileDisk(root)
  disk.makeDirectory('d/e')
  expect([disk.read('d/f'), disk.list('d'), disk.list('nowhere')]).toEqual([undefined, ['e'], []])
  disk.replace('d/f', encodeText('first'))
  disk.replace('d/f', encodeText('2nd'))
  expect([decodeText(disk.read('d/f')!), disk.list('d')]).toEqual(['2nd', ['e', 'f']])
})

test('a directory moves and goes with all that is open in it', () => {
  const disk = new FileDisk(root)
  disk.makeDirectory('d')
  write(disk.open('d/a'), 'content')
  disk.rename('d', 'gone')
  expect([disk.exists('d/a'), decodeText(disk.read('gone/a')!)]).toEqual([false, 'content'])
  disk.remove('gone')
  disk.remove('gone')
  expect(disk.list('')).toEqual([])
})

test('what was removed does not come back by an old handle', () => {
  const disk = new FileDisk(root)
  const file = disk.open('a')
  write(file, 'content')
  disk.remove('a')
  expect(() => write(file, 'more', 7)).toThrow(DiskError)
  expect(disk.exists('a')).toBe(false)
  file.close()
  expect(() => read(file)).toThrow('EBADF')
})

test('a refusal of the system names its code and the path', () => {
  const disk = new FileDisk(root)
  disk.makeDirectory('d')
  const refused = () => write(disk.open('d'), 'x')
  expect(refused).toThrow(DiskError)
  expect(refused).toThrow('EISDIR on d')
  expect(() => write(disk.open('no/where'), 'x')).toThrow('ENOENT')
})

test('of a write for which there was no room the part that is there can be cut off again', () => {
  const file = new FileDisk(root).open('a')
  write(file, 'whole')
  const { writeSync } = fs
  const filling = vi.spyOn(fs, 'writeSync')
  const twoBytes = (descriptor: number, bytes: Uint8Array, from: number, _: number, position: number) =>
    writeSync(descriptor, bytes, from, 2, position)
  filling.mockImplementationOnce(twoBytes as never)
  filling.mockImplementationOnce(() => {
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
  })
  syncBuiltinESMExports()
  try {
    expect(() => write(file, 'torn', 5)).toThrow('ENOSPC')
  } finally {
    filling.mockRestore()
    syncBuiltinESMExports()
  }
  expect([file.size, read(file)]).toEqual([7, 'wholeto'])
  file.truncate(5)
  expect([file.size, fs.readFileSync(join(root, 'a'), 'utf8')]).toEqual([5, 'whole'])
})

test.runIf(fs.existsSync('/proc/self/fd'))('however many files are used, few descriptors are open', () => {
  const disk = new FileDisk(root, 8)
  const before = openDescriptors()
  const files = Array.from({ length: 40 }, (_, index) => disk.open(`f${index}`))
  for (let round = 0; round < 3; round++) for (const file of files) write(file, `${round}`, round)
  expect(openDescriptors() - before).toBeLessThanOrEqual(8)
  expect(files.map((file) => read(file))).toEqual(Array(40).fill('012'))
  disk.close()
  expect(openDescriptors()).toBe(before)
})

test('a broker’s logs survive an orderly stop and a kill on real files', () => {
  const start = (descriptorsMax?: number) =>
    new LogDirectory(
      { disk: new FileDisk(root, descriptorsMax), crc32c, decompress, compress },
      { ...defaultLogConfig, segmentBytes: 500 },
    )
  const logs = start(4)
  for (let partition = 0; partition < 6; partition++) {
    fill(
      logs.create('orders', partition, '0123456789abcdef0123456789abcdef', { ...defaultLogConfig, segmentBytes: 500 }),
      20,
    )
  }
  logs.close()
  const again = start()
  for (let partition = 0; partition < 6; partition++) fill(again.get('orders', partition)!, 5)
  again.checkpoint()
  const killed = start(2)
  for (let partition = 0; partition < 6; partition++)
    expect(contents(killed.get('orders', partition)!)).toEqual(filled(0, 25))
})
