// What lies at the root of a data directory, and who may use it.
//
//   pressroom.json         format version, cluster id, number of brokers
//   lock                   pid and start time of the process that has the directory
//   broker-<n>/            one broker: meta.properties, __cluster_metadata-0/, one directory a partition
import fs from 'node:fs'
import os from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { seededRandom } from '../base/random.ts'
import { randomUuid, type Uuid, uuidFromBase64, uuidToBase64 } from '../base/uuid.ts'

/** Why a cluster cannot start: told to the user in one line, exit code 2, nothing touched. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused'
}

const formatVersion = 1

interface Identity {
  readonly formatVersion: number
  readonly clusterId: string
  readonly brokerCount: number
}

export interface DataDirectory {
  /** 22 characters of base64, as Kafka prints it. */
  readonly clusterId: string
  brokerDirectory(brokerId: number): string
  directoryId(brokerId: number): Uuid
  release(): void
}

/** Throws StartRefused where the directory is another format's, another size's or another process's. Changes nothing. */
export function checkDataDirectory(path: string, brokerCount: number): void {
  const identity = readIdentity(path)
  if (identity === undefined) {
    const foreign = listOrEmpty(path).filter((name) => !ours.test(name))
    if (foreign.length > 0)
      throw new StartRefused(`${path} holds other files (${foreign[0]}); choose an empty directory`)
  } else if (identity.formatVersion > formatVersion) {
    throw new StartRefused(
      `${path} was written by a newer Pressroom (format ${identity.formatVersion}, this one knows ${formatVersion})`,
    )
  } else if (identity.brokerCount !== brokerCount) {
    throw new StartRefused(
      `${path} holds a cluster of ${identity.brokerCount} brokers; start it with --brokers ${identity.brokerCount} or choose another directory`,
    )
  }
  const holder = lockHolder(path)
  if (holder !== undefined) throw new StartRefused(`${path} is in use by another Pressroom (process ${holder})`)
}

const ours = /^(pressroom\.(json|sqlite.*)|lock.*|host\.json.*|broker-[1-9])$/

/** Checks, locks, and makes what is missing. */
export function openDataDirectory(path: string, brokerCount: number): DataDirectory {
  checkDataDirectory(path, brokerCount)
  try {
    makeDirectories(resolve(path))
    takeLock(path)
    const identity = readIdentity(path) ?? writeIdentity(path, brokerCount)
    return {
      clusterId: identity.clusterId,
      brokerDirectory: (brokerId) => join(path, `broker-${brokerId}`),
      directoryId: (brokerId) => brokerMeta(join(path, `broker-${brokerId}`), brokerId, identity.clusterId),
      release: () => fs.rmSync(join(path, 'lock'), { force: true }),
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== undefined && unusable.has(code)) {
      throw new StartRefused(`cannot write to ${path} (${code})`, { cause: error })
    }
    throw error
  }
}

/** What the file system says of a place that cannot hold a data directory. */
const unusable: ReadonlySet<string> = new Set(['EACCES', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS'])

/** Step by step: asked for all at once, Node never comes back from a place like /proc, where nothing can be made. */
function makeDirectories(path: string): void {
  if (fs.existsSync(path)) return
  makeDirectories(dirname(path))
  fs.mkdirSync(path, { mode: 0o700 })
}

function readIdentity(path: string): Identity | undefined {
  const file = join(path, 'pressroom.json')
  if (!fs.existsSync(file)) return undefined
  try {
    const identity = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Identity>
    if (
      typeof identity.formatVersion === 'number' &&
      typeof identity.clusterId === 'string' &&
      typeof identity.brokerCount === 'number'
    ) {
      return identity as Identity
    }
  } catch {
    // Falls through: the same sentence for broken JSON and for JSON of something else.
  }
  throw new StartRefused(`${file} is damaged; restore it or choose another directory`)
}

function writeIdentity(path: string, brokerCount: number): Identity {
  const identity: Identity = { formatVersion, clusterId: uuidToBase64(newUuid()), brokerCount }
  replaceFile(join(path, 'pressroom.json'), `${JSON.stringify(identity, null, 2)}\n`)
  return identity
}

/** Kafka's own meta.properties, so that its tools know whose directory they read. */
function brokerMeta(directory: string, brokerId: number, clusterId: string): Uuid {
  const file = join(directory, 'meta.properties')
  const known = fs.existsSync(file) ? /^directory\.id=(.+)$/m.exec(fs.readFileSync(file, 'utf8'))?.[1] : undefined
  const knownId = known === undefined ? undefined : uuidFromBase64(known)
  if (knownId !== undefined) return knownId
  const id = newUuid()
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  replaceFile(file, `version=1\ncluster.id=${clusterId}\nnode.id=${brokerId}\ndirectory.id=${uuidToBase64(id)}\n`)
  return id
}

const newUuid = (): Uuid => randomUuid(seededRandom(crypto.getRandomValues(new Uint32Array(1))[0]!))

function replaceFile(file: string, content: string): void {
  fs.writeFileSync(`${file}.tmp`, content, { flush: true })
  fs.renameSync(`${file}.tmp`, file)
}

function listOrEmpty(path: string): string[] {
  try {
    return fs.readdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new StartRefused(`cannot read ${path} (${code})`, { cause: error })
  }
}

// --- the lock ---

interface Lock {
  readonly pid: number
  /** When this machine started, in seconds since 1970: a pid means nothing after a reboot. */
  readonly bootS: number
}

const bootS = (): number => Math.round(Date.now() / 1000 - os.uptime())
/** The clock may have been set since; uptime is exact. */
const bootToleranceS = 60

/** The pid of a living process that has the directory. */
function lockHolder(path: string): number | undefined {
  try {
    const { pid, bootS: lockedAtBoot } = JSON.parse(fs.readFileSync(join(path, 'lock'), 'utf8')) as Lock
    if (pid === process.pid) return ownLocks.has(path) ? pid : undefined
    return Math.abs(lockedAtBoot - bootS()) < bootToleranceS && isAlive(pid) ? pid : undefined
  } catch {
    return undefined // No lock, or a half-written one of a process that died.
  }
}

const ownLocks = new Set<string>()

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Exclusive creation decides a race between two starts; a dead holder's lock is put aside first. */
function takeLock(path: string): void {
  const file = join(path, 'lock')
  fs.rmSync(file, { force: true }) // checkDataDirectory found nobody alive behind it.
  const lock: Lock = { pid: process.pid, bootS: bootS() }
  try {
    fs.writeFileSync(file, JSON.stringify(lock), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new StartRefused(`${path} is in use by another Pressroom`)
  }
  ownLocks.add(path)
}
