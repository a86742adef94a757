/**
 * npm run build: `out` becomes a link to `.build/<hash of the sources>`. What has been built is not built again, and a build never
 * touches the files of another: a host that runs goes on with its own, though it reads some of them late.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { join, relative } from 'node:path'

const sources = ['src-broker', 'src-main', 'src-renderer', 'tools/bundle.ts', 'package.json', 'package-lock.json']
/** Lies within what a build by hand empties first. It is written last: a folder without it is not whole. */
const stamp = 'main/complete'
/** Older builds than the newest few may still be in use by hosts that were started from them within this time. */
const keptMs = 24 * 3_600_000
const keptCount = 3

/** Runs the builder so that it writes into a folder, and returns its exit code. */
export type Builder = (root: string, folder: string) => number

/** The exit code of the builder; 0 where there was nothing to do. */
export function build(root: string, runBuilder: Builder = bundle): number {
  const builds = join(root, '.build')
  const folder = join(builds, sourceHash(root))
  if (!fs.existsSync(join(folder, stamp))) {
    const beside = `${folder}.${process.pid}`
    fs.rmSync(beside, { recursive: true, force: true })
    const exitCode = runBuilder(root, beside)
    if (exitCode !== 0) {
      fs.rmSync(beside, { recursive: true, force: true })
      return exitCode
    }
    fs.writeFileSync(join(beside, stamp), '')
    takePlace(beside, folder)
  }
  link(root, folder)
  removeOld(builds, folder)
  return 0
}

export function sourceHash(root: string): string {
  const hash = createHash('sha256')
  for (const file of sources.flatMap((source) => filesIn(join(root, source))).sort())
    hash
      .update(`${relative(root, file)}\0`)
      .update(fs.readFileSync(file))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}

function filesIn(path: string): string[] {
  if (!fs.existsSync(path)) return []
  if (!fs.statSync(path).isDirectory()) return [path]
  return fs
    .readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Somebody else may have built the same meanwhile; theirs is as good. */
function takePlace(beside: string, folder: string): void {
  if (!fs.existsSync(join(folder, stamp))) fs.rmSync(folder, { recursive: true, force: true })
  try {
    fs.renameSync(beside, folder)
  } catch (error) {
    if (!fs.existsSync(join(folder, stamp))) throw error
    fs.rmSync(beside, { recursive: true, force: true })
  }
}

/** Points `out` to the folder in one step, so that nobody finds it missing. */
function link(root: string, folder: string): void {
  const out = join(root, 'out')
  const there = fs.lstatSync(out, { throwIfNoEntry: false })
  if (there?.isSymbolicLink() && fs.existsSync(out) && fs.realpathSync(out) === fs.realpathSync(folder)) return
  const beside = `${out}.${process.pid}`
  const isWindows = process.platform === 'win32'
  fs.symlinkSync(isWindows ? folder : relative(root, folder), beside, 'junction')
  // Not a link: a build by hand. And Windows replaces no folder by a rename.
  if (there !== undefined && (isWindows || !there.isSymbolicLink())) fs.rmSync(out, { recursive: true })
  fs.renameSync(beside, out)
}

function removeOld(builds: string, current: string): void {
  fs.utimesSync(current, new Date(), new Date())
  const ages = fs.readdirSync(builds).map((name) => {
    const folder = join(builds, name)
    return { folder, mtimeMs: fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0 }
  })
  ages.sort((one, other) => other.mtimeMs - one.mtimeMs)
  for (const { folder, mtimeMs } of ages.slice(keptCount))
    if (Date.now() - mtimeMs > keptMs) fs.rmSync(folder, { recursive: true, force: true })
}

function bundle(root: string, folder: string): number {
  const bundler = join(root, 'tools/bundle.ts')
  // Its words go to stderr: with --json the output belongs to the host.
  const { status } = spawnSync(process.execPath, [bundler, folder], { cwd: root, stdio: ['ignore', 2, 2] })
  return status ?? 1
}

if (import.meta.main) process.exitCode = build(join(import.meta.dirname, '..'))
