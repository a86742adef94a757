import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { build } from '../../../tools/build.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let root: string
let builds: number
let exitCode: number
/** Instead of the bundler: copies the one source. */
const builder = (_root: string, folder: string): number => {
  builds++
  fs.mkdirSync(join(folder, 'main'), { recursive: true })
  fs.cpSync(join(root, 'src-main/greeting.txt'), join(folder, 'main/greeting.txt'))
  return exitCode
}
const edit = (text: string): void => fs.writeFileSync(join(root, 'src-main/greeting.txt'), text)
const built = (): string => fs.readFileSync(join(root, 'out/main/greeting.txt'), 'utf8')

beforeEach(() => {
  const folder = temporaryFolder({ 'src-main/greeting.txt': 'good morning' })
  onTestFinished(folder.remove)
  root = folder.path
  builds = 0
  exitCode = 0
})

test('what has been built is not built again', () => {
  build(root, builder)
  build(root, builder)
  expect([builds, built()]).toEqual([1, 'good morning'])
  edit('good evening')
  build(root, builder)
  expect([builds, built()]).toEqual([2, 'good evening'])
  edit('good morning')
  build(root, builder)
  expect([builds, built()]).toEqual([2, 'good morning'])
})

test('a program that was started from an earlier build keeps its files', () => {
  build(root, builder)
  const own = dirname(fs.realpathSync(join(root, 'out/main/greeting.txt')))
  edit('good evening')
  build(root, builder)
  expect([fs.readFileSync(join(own, 'greeting.txt'), 'utf8'), built()]).toEqual(['good morning', 'good evening'])
})

test('a build that fails leaves the last one in place and nothing behind', () => {
  build(root, builder)
  edit('good evening')
  exitCode = 3
  expect(build(root, builder)).toBe(3)
  expect([built(), fs.readdirSync(join(root, '.build')).length]).toEqual(['good morning', 1])
})

test('what somebody builds by hand, in place, is built anew', () => {
  fs.mkdirSync(join(root, 'out/main'), { recursive: true })
  build(root, builder)
  expect([builds, built()]).toEqual([1, 'good morning'])
  fs.rmSync(join(root, 'out/main'), { recursive: true })
  builder(root, join(root, 'out'))
  build(root, builder)
  expect([builds, built()]).toEqual([3, 'good morning'])
})

test('builds that nobody can be running any more are removed', () => {
  const lastWeek = new Date(Date.now() - 7 * 86_400_000)
  for (const text of ['one', 'two', 'three', 'four', 'five']) {
    edit(text)
    build(root, builder)
    fs.utimesSync(fs.realpathSync(join(root, 'out')), lastWeek, lastWeek)
  }
  edit('six')
  build(root, builder)
  expect([built(), fs.readdirSync(join(root, '.build')).length]).toEqual(['six', 3])
})
