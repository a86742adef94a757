// Who has a data directory: the highest `lock.<n>`, as long as its process lives. A dead holder's lock is never removed to make room,
// as it could be another's by then: the next one takes the next number, which one process alone can create, and then looks again.
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'

/** A pid means nothing after a reboot, so each lock says in which run of the machine it was taken. */
interface Lock {
  readonly pid: number
  /** When the machine started, in seconds since 1970, as its clock was when the lock was taken. */
  readonly bootS: number
  /** Where the system has a name for its run (Linux). */
  readonly bootId?: string | undefined
}

/** The clock may have been set since; uptime is exact. */
const bootToleranceS = 60
const bootS = (): number => Math.round(Date.now() / 1000 - os.uptime())
const bootIdFile = '/proc/sys/kernel/random/boot_id'
const bootId = fs.existsSync(bootIdFile) ? fs.readFileSync(bootIdFile, 'utf8').trim() : undefined

/** Files that this process has made and not removed. */
const own = new Set<string>()

/** The pid of a living process that has the directory. */
export function lockHolder(directory: string): number | undefined {
  for (const { file } of locks(directory)) {
    const pid = livingHolder(file)
    if (pid !== undefined) return pid
  }
  return undefined
}

/** Undefined where another process has the directory, or takes it at this moment. Otherwise the way to let go of it. */
export function takeLock(directory: string): (() => void) | undefined {
  const known = locks(directory)
  if (known.some(({ file }) => livingHolder(file) !== undefined)) return undefined
  const file = join(directory, `lock.${(known.at(-1)?.number ?? 0) + 1}`)
  if (!create(file)) return undefined
  const release = (): void => {
    own.delete(file)
    fs.rmSync(file, { force: true })
  }
  // Somebody who looked long ago may have taken another number: both see each other then, and at most one stays.
  const others = locks(directory).filter((lock) => lock.file !== file)
  if (others.some((lock) => livingHolder(lock.file) !== undefined)) {
    release()
    return undefined
  }
  for (const dead of known) fs.rmSync(dead.file, { force: true })
  return release
}

/** Whole or not at all: a lock without its content would count as a dead one's. */
function create(file: string): boolean {
  const content: Lock = { pid: process.pid, bootS: bootS(), bootId }
  const beside = `${file}.${process.pid}`
  fs.writeFileSync(beside, JSON.stringify(content), { mode: 0o600 })
  own.add(file)
  try {
    fs.linkSync(beside, file)
    return true
  } catch (error) {
    own.delete(file)
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    fs.rmSync(beside, { force: true })
  }
}

/** In the order of their numbers. A plain `lock` is of an earlier release. */
function locks(directory: string): { readonly number: number; readonly file: string }[] {
  const names = fs.existsSync(directory) ? fs.readdirSync(directory) : []
  return names
    .flatMap((name) => {
      const match = /^lock(?:\.(\d+))?$/.exec(name)
      return match === null ? [] : { number: Number(match[1] ?? 0), file: join(directory, name) }
    })
    .sort((one, other) => one.number - other.number)
}

function livingHolder(file: string): number | undefined {
  try {
    const lock = JSON.parse(fs.readFileSync(file, 'utf8')) as Lock
    const { pid } = lock
    if (pid === process.pid) return own.has(file) ? pid : undefined
    return isOfThisRun(lock) && isAlive(pid) ? pid : undefined
  } catch {
    return undefined // Gone meanwhile, or no lock of ours.
  }
}

/** By the clock only where there is no better way: who sets it by a minute would free all directories that are in use. */
function isOfThisRun(lock: Lock): boolean {
  if (bootId !== undefined && lock.bootId !== undefined) return lock.bootId === bootId
  return Math.abs(lock.bootS - bootS()) < bootToleranceS
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
