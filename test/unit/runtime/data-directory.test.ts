// The root of a data directory: which brokers there are, who may use it, and what is refused before anything starts.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkDataDirectory, openDataDirectory } from '../../../src-broker/runtime/data-directory.ts'
import { lockHolder, takeLock } from '../../../src-broker/runtime/directory-lock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let path: string
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'data')
})
afterEach(() => folder.remove())

/** As brokers leave it that have run. */
function ran(brokerIds: readonly number[]): void {
  for (const id of brokerIds) {
    fs.mkdirSync(join(path, `broker-${id}`, '__cluster_metadata-0'), { recursive: true })
    fs.mkdirSync(join(path, `broker-${id}`, 'orders-0'), { recursive: true })
    fs.writeFileSync(join(path, `broker-${id}`, '__cluster_metadata-0', 'quorum-state'), '{}')
    fs.writeFileSync(join(path, `broker-${id}`, '__cluster_metadata-0', '00000000000000000000.log'), 'records')
  }
}

function lose(...brokerIds: readonly number[]): void {
  for (const id of brokerIds) fs.rmSync(join(path, `broker-${id}`), { recursive: true })
}

describe('the brokers of a directory', () => {
  test('are three in a new one, as many as were asked for, and the same the next time', () => {
    expect(checkDataDirectory(path, null)).toEqual([1, 2, 3])
    openDataDirectory(path, 5).release()
    expect(checkDataDirectory(path, null)).toEqual([1, 2, 3, 4, 5])
    expect(checkDataDirectory(path, 5)).toEqual([1, 2, 3, 4, 5])
  })

  test('are made anew where a first start was ended before it could say which they are', () => {
    fs.mkdirSync(path)
    fs.writeFileSync(join(path, 'pressroom.json.tmp'), '{"formatVer')
    expect(checkDataDirectory(path, null)).toEqual([1, 2, 3])
    openDataDirectory(path, null).release()
    expect(fs.readdirSync(path)).toEqual(['pressroom.json'])
  })

  test('are not changed by another number at the start: one line says how', () => {
    openDataDirectory(path, 3).release()
    expect(() => checkDataDirectory(path, 5)).toThrow(
      `${path} holds a cluster of 3 brokers; start it without --brokers, and then change it with "pressroom add" or "pressroom remove N"`,
    )
  })

  test('come with the lowest free id and go with their data', () => {
    const directory = openDataDirectory(path, 3)
    ran([1, 2, 3])
    directory.removeBroker(2)
    expect(fs.existsSync(join(path, 'broker-2'))).toBe(false)
    expect([directory.addBroker(), directory.addBroker()]).toEqual([2, 4])
    directory.release()
    expect(checkDataDirectory(path, null)).toEqual([1, 2, 3, 4])
  })

  test('are nine at most', () => {
    const directory = openDataDirectory(path, 9)
    expect(() => directory.addBroker()).toThrow('a cluster has at most 9 brokers')
    directory.release()
  })

  test('vote from the beginning only where they were there then: what came later knows of no voters', () => {
    const directory = openDataDirectory(path, 3)
    directory.removeBroker(2)
    directory.addBroker()
    directory.addBroker()
    expect([1, 2, 3, 4].map((id) => directory.votersFor(id))).toEqual([[1, 2, 3], [], [1, 2, 3], []])
    directory.release()
  })
})

test('a place that cannot hold a directory is refused with its name, and nothing is made', () => {
  const file = join(folder.path, 'file')
  const link = join(folder.path, 'link')
  const loop = join(folder.path, 'loop')
  fs.writeFileSync(file, '')
  fs.symlinkSync(join(folder.path, 'nowhere'), link)
  fs.symlinkSync(loop, loop)
  const refusal = (place: string) => {
    try {
      return openDataDirectory(place, null)
    } catch (error) {
      return `${error}`.replaceAll(folder.path, '')
    }
  }
  expect(
    [file, join(file, 'child'), link, join(link, 'child'), loop, join(folder.path, 'x'.repeat(300))].map(refusal),
  ).toEqual([
    'StartRefused: /file is not a directory',
    'StartRefused: /file is not a directory',
    'StartRefused: /link is a link that leads nowhere',
    'StartRefused: /link is a link that leads nowhere',
    'StartRefused: cannot use /loop (ELOOP)',
    `StartRefused: cannot use /${'x'.repeat(300)} (ENAMETOOLONG)`,
  ])
  expect(fs.readdirSync(folder.path).sort()).toEqual(['file', 'link', 'loop'])
})

test.skipIf(process.getuid?.() === 0)(
  'a directory that may not be read or written is refused, also as a place for a new one',
  () => {
    for (const mode of [0o000, 0o500, 0o300]) {
      fs.mkdirSync(path, { mode })
      expect(() => checkDataDirectory(path, null)).toThrow(`cannot use ${path} (EACCES)`)
      expect(() => checkDataDirectory(join(path, 'new'), null)).toThrow(`(EACCES)`)
      fs.rmdirSync(path)
    }
  },
)

test.each([
  ['another version', /version=1/, 'version=7', 'is of version 7, this Pressroom knows 1'],
  ['another cluster', /cluster.id=.*/, 'cluster.id=elsewhere', 'belongs to another cluster (elsewhere, this one is '],
  ['another broker', /node.id=2/, 'node.id=3', 'is the directory of broker 3'],
])('a broker directory of %s is refused in one line, and nothing is touched', (_, found, instead, refusal) => {
  const directory = openDataDirectory(path, 3)
  for (const id of [1, 2, 3]) directory.directoryId(id)
  directory.release()
  const file = join(path, 'broker-2', 'meta.properties')
  const content = fs.readFileSync(file, 'utf8').replace(found, instead)
  fs.writeFileSync(file, content)
  expect(() => openDataDirectory(path, null)).toThrow(`${join(path, 'broker-2')} ${refusal}`)
  expect([fs.readFileSync(file, 'utf8'), lockHolder(path)]).toEqual([content, undefined])
})

describe('metadata logs that are gone', () => {
  test.each(['the log', 'its whole directory'])(
    'of a broker that kept its meta.properties, %s: it is another voter than before, and knows of none',
    (what) => {
      const directory = openDataDirectory(path, 3)
      const before = [1, 2, 3].map((id) => directory.directoryId(id))
      ran([1, 2, 3])
      const metadata = join(path, 'broker-2', '__cluster_metadata-0')
      if (what === 'the log') fs.truncateSync(join(metadata, '00000000000000000000.log'))
      else fs.rmSync(metadata, { recursive: true })
      expect([1, 2, 3].map((id) => directory.votersFor(id))).toEqual([[1, 2, 3], [], [1, 2, 3]])
      const after = [1, 2, 3].map((id) => directory.directoryId(id))
      expect(after.map((id, index) => id === before[index])).toEqual([true, false, true])
      directory.release()
    },
  )

  test('of a broker that joined later and lost its log once more: each time it is another voter', () => {
    const directory = openDataDirectory(path, 1)
    ran([1])
    const added = directory.addBroker()
    const ids = [0, 1].map(() => {
      expect(directory.votersFor(added)).toEqual([])
      return directory.directoryId(added)
    })
    expect(ids[0]).not.toBe(ids[1])
    directory.release()
  })

  test('are made up for by a snapshot', () => {
    const directory = openDataDirectory(path, 3)
    ran([1, 2, 3])
    const metadata = join(path, 'broker-2', '__cluster_metadata-0')
    fs.rmSync(join(metadata, '00000000000000000000.log'))
    fs.writeFileSync(join(metadata, '00000000000000000009-0000000001.checkpoint'), 'records')
    expect(directory.votersFor(2)).toEqual([1, 2, 3])
    directory.release()
  })

  test('one of three is copied from the others: that broker knows of no voters until then', () => {
    openDataDirectory(path, 3).release()
    ran([1, 2, 3])
    lose(2)
    const directory = openDataDirectory(path, null)
    expect([1, 2, 3].map((id) => directory.votersFor(id).length)).toEqual([3, 0, 3])
    directory.release()
  })

  test('of a broker that was down while the others ran count for nothing either', () => {
    const directory = openDataDirectory(path, 3)
    expect(directory.votersFor(2)).toEqual([1, 2, 3])
    ran([1, 2, 3])
    lose(2)
    expect(directory.votersFor(2)).toEqual([])
    directory.release()
  })

  test('two of three would elect each other and overrule the third: refused, with what to restore', () => {
    openDataDirectory(path, 3).release()
    ran([1, 2, 3])
    lose(1, 3)
    expect(() => openDataDirectory(path, null)).toThrow(/metadata logs of most brokers are gone \(broker-1, broker-3\)/)
    expect(fs.readdirSync(path).sort()).toEqual(['broker-2', 'pressroom.json'])
  })

  test('all of them, with all the partitions, are a new beginning', () => {
    openDataDirectory(path, 3).release()
    ran([1, 2, 3])
    lose(1, 2, 3)
    openDataDirectory(path, null).release()
  })
})

describe('the lock', () => {
  test('is held by one process at a time, and let go of', () => {
    fs.mkdirSync(path)
    const release = takeLock(path)
    expect(release).toBeTypeOf('function')
    expect(takeLock(path)).toBe(undefined)
    release!()
    expect(fs.readdirSync(path)).toEqual([])
  })

  test('of a dead process counts for nothing', () => {
    fs.mkdirSync(path)
    const { pid } = spawnSync(process.execPath, ['--version'])
    const [uptime] = fs.existsSync('/proc/uptime') ? fs.readFileSync('/proc/uptime', 'utf8').split(' ') : ['0']
    const bootS = Math.round(Date.now() / 1_000 - Number(uptime))
    for (const name of ['lock', 'lock.7']) fs.writeFileSync(join(path, name), JSON.stringify({ pid, bootS }))
    const release = takeLock(path)
    expect(fs.readdirSync(path)).toEqual(['lock.8'])
    release!()
  })

  test.runIf(process.platform === 'linux')('outlives a clock that is set, and not the run of the machine', () => {
    fs.mkdirSync(path)
    takeLock(path)
    const file = join(path, 'lock.1')
    const lock = { ...JSON.parse(fs.readFileSync(file, 'utf8')), pid: process.ppid }
    fs.writeFileSync(file, JSON.stringify({ ...lock, bootS: lock.bootS - 3_600 }))
    expect([lockHolder(path), takeLock(path)]).toEqual([process.ppid, undefined])
    fs.writeFileSync(file, JSON.stringify({ ...lock, bootId: 'of the day before' }))
    expect(lockHolder(path)).toBe(undefined)
  })

  test('goes to one of many that start at once over a dead one', () => {
    fs.mkdirSync(path)
    fs.writeFileSync(join(path, 'lock.1'), JSON.stringify({ pid: 999_999_999, bootS: 0 }))
    const module = new URL('../../../src-broker/runtime/directory-lock.ts', import.meta.url).href
    const program = `
      import { takeLock } from '${module}'
      import fs from 'node:fs'
      const path = process.argv[1]
      while (!fs.existsSync(path + '.go'));
      if (takeLock(path) !== undefined) fs.writeFileSync(path + '.winner.' + process.pid, '')
      fs.writeFileSync(path + '.done.' + process.pid, '')
      while (fs.readdirSync(path + '/..').filter((name) => name.includes('.done.')).length < 4);
    `
    const shell = `for n in 1 2 3 4; do "$0" --input-type=module -e "$1" "$2" & done; : > "$2.go"; wait`
    const { status, stderr } = spawnSync('sh', ['-c', shell, process.execPath, program, path], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    const winners = fs.readdirSync(folder.path).filter((name) => name.includes('.winner.'))
    expect(winners.length).toBeLessThanOrEqual(1)
  }, 30_000)
})
