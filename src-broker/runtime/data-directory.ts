// What lies at the root of a data directory.
//
//   pressroom.json         format version, cluster id, which brokers there are
//   lock.<n>               pid and start time of the process that has the directory
//   broker-<n>/            one broker: meta.properties, __cluster_metadata-0/, one directory a partition
import fs from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { seededRandom } from '../base/random.ts'
import { randomUuid, type Uuid, uuidToBase64 } from '../base/uuid.ts'
import { directoryIdIn, foreignMeta, forgetBrokerMeta } from './broker-meta.ts'
import { lockHolder, takeLock } from './directory-lock.ts'
import { replaceFile } from './replace-file.ts'

/** Why a cluster cannot start: told to the user in one line, exit code 2, nothing touched. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused'
}

const brokerCountByDefault = 3
export const brokerCountMax = 9
/** 2 where the brokers are not simply 1 to `brokerCount`, all there from the beginning; 1 otherwise. */
const formatVersion = 2

interface Identity {
  readonly formatVersion: number
  readonly clusterId: string
  readonly brokerCount: number
  /** Ids, ascending; 1 to `brokerCount` where it is missing. */
  readonly brokers?: readonly number[]
  /** Brokers that came later, or came back with an empty directory: they vote once the quorum has taken them in. */
  readonly joined?: readonly number[]
}

export interface DataDirectory {
  /** 22 characters of base64, as Kafka prints it. */
  readonly clusterId: string
  /** Ids, ascending. */
  readonly brokers: readonly number[]
  /** Who voted when the cluster was made, for a broker that was there; nobody for one that came later. */
  votersFor(brokerId: number): readonly number[]
  brokerDirectory(brokerId: number): string
  directoryId(brokerId: number): Uuid
  /** Makes room for one broker more, and returns its id: the lowest that is free. */
  addBroker(): number
  /** Forgets a broker and removes all that it has. */
  removeBroker(brokerId: number): void
  release(): void
}

/**
 * The brokers that are, or would be, there. Throws StartRefused where the directory is another format's, another size's or another
 * process's. Changes nothing. `brokerCount` null takes what is there.
 */
export function checkDataDirectory(path: string, brokerCount: number | null): readonly number[] {
  refuseUselessPlace(resolve(path))
  const identity = readIdentity(path)
  if (identity === undefined) {
    const foreign = listOrEmpty(path).filter((name) => !ours.test(name))
    if (foreign.length > 0)
      throw new StartRefused(`${path} holds other files (${foreign[0]}); choose an empty directory`)
  } else if (identity.formatVersion > formatVersion) {
    throw new StartRefused(
      `${path} was written by a newer Pressroom (format ${identity.formatVersion}, this one knows ${formatVersion})`,
    )
  } else if (brokerCount !== null && brokersOf(identity).length !== brokerCount) {
    const { length } = brokersOf(identity)
    throw new StartRefused(
      `${path} holds a cluster of ${length} ${length === 1 ? 'broker' : 'brokers'}; start it without --brokers, and then change it with "pressroom add" or "pressroom remove N"`,
    )
  } else {
    refuseForeignBrokers(path, identity)
    refuseLostMajority(path, identity)
  }
  const holder = lockHolder(path)
  if (holder !== undefined) throw new StartRefused(`${path} is in use by another Pressroom (process ${holder})`)
  return identity === undefined ? oneTo(brokerCount ?? brokerCountByDefault) : brokersOf(identity)
}

const ours = /^(pressroom\.(json.*|sqlite.*)|lock.*|host\.json.*|broker-[1-9])$/

/** Checks, locks, and makes what is missing. */
export function openDataDirectory(path: string, brokerCount: number | null): DataDirectory {
  const brokers = checkDataDirectory(path, brokerCount)
  try {
    makeDirectories(resolve(path))
    const release = takeLock(path)
    if (release === undefined) throw new StartRefused(`${path} is in use by another Pressroom`)
    const found = readIdentity(path)
    return new OpenDirectory(path, found ?? writeIdentity(path, newIdentity(brokers.length)), release)
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    throw new StartRefused(`cannot write to ${path} (${code})`, { cause: error })
  }
}

/** Looks at what is there of the path, from its end upwards: a directory can be made below a directory that we may write to. */
function refuseUselessPlace(path: string): void {
  try {
    const there = fs.lstatSync(path, { throwIfNoEntry: false })
    if (there === undefined && dirname(path) !== path) return refuseUselessPlace(dirname(path))
    const leadsTo = fs.statSync(path, { throwIfNoEntry: false })
    if (leadsTo === undefined) throw new StartRefused(`${path} is a link that leads nowhere`)
    if (!leadsTo.isDirectory()) throw new StartRefused(`${path} is not a directory`)
    fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK)
  } catch (error) {
    if (error instanceof StartRefused) throw error
    const { code } = error as NodeJS.ErrnoException
    // Below a file: the file itself is what to name.
    if (code === 'ENOTDIR') return refuseUselessPlace(dirname(path))
    throw new StartRefused(`cannot use ${path} (${code})`, { cause: error })
  }
}

class OpenDirectory implements DataDirectory {
  readonly #path: string
  readonly release: () => void
  #identity: Identity

  constructor(path: string, identity: Identity, release: () => void) {
    this.#path = path
    this.#identity = identity
    this.release = release
  }

  get clusterId(): string {
    return this.#identity.clusterId
  }

  get brokers(): readonly number[] {
    return brokersOf(this.#identity)
  }

  /**
   * A broker whose metadata is gone while others kept theirs has lost what it voted on: it is as one that came later, and under
   * another directory id, so that nobody counts it as the voter that it was.
   */
  votersFor(brokerId: number): readonly number[] {
    const { brokers } = this
    const isEmptied = !hasMetadata(this.#path, brokerId) && brokers.some((id) => hasPartitions(this.#path, id))
    if (isEmptied) {
      forgetBrokerMeta(this.brokerDirectory(brokerId))
      if (!this.#joined.includes(brokerId)) this.#write(brokers, [...this.#joined, brokerId])
    }
    return this.#joined.includes(brokerId) ? [] : oneTo(this.#identity.brokerCount)
  }

  brokerDirectory(brokerId: number): string {
    return directoryOf(this.#path, brokerId)
  }

  directoryId(brokerId: number): Uuid {
    return directoryIdIn(this.brokerDirectory(brokerId), brokerId, this.clusterId, newUuid)
  }

  addBroker(): number {
    const brokerId = oneTo(brokerCountMax).find((id) => !this.brokers.includes(id))
    if (brokerId === undefined) throw new Error(`a cluster has at most ${brokerCountMax} brokers`)
    fs.rmSync(this.brokerDirectory(brokerId), { recursive: true, force: true })
    this.#write([...this.brokers, brokerId], [...this.#joined, brokerId])
    return brokerId
  }

  removeBroker(brokerId: number): void {
    const isOther = (id: number) => id !== brokerId
    // Whoever gets this id next was not there from the beginning.
    this.#write(this.brokers.filter(isOther), [...this.#joined, brokerId])
    fs.rmSync(this.brokerDirectory(brokerId), { recursive: true, force: true, maxRetries: 3 })
  }

  get #joined(): readonly number[] {
    return this.#identity.joined ?? []
  }

  #write(brokers: readonly number[], joined: readonly number[]): void {
    const identity = { ...this.#identity, formatVersion, brokers: ascending(brokers), joined: ascending(joined) }
    this.#identity = writeIdentity(this.#path, identity)
  }
}

function refuseForeignBrokers(path: string, identity: Identity): void {
  for (const brokerId of brokersOf(identity)) {
    const why = foreignMeta(directoryOf(path, brokerId), brokerId, identity.clusterId)
    if (why !== undefined) throw new StartRefused(why)
  }
}

/**
 * Brokers without their metadata log would elect each other and overrule the few that have theirs: all topics would be gone. Those that
 * joined later are not looked at: they know of no voters without their log, and elect nobody.
 */
function refuseLostMajority(path: string, identity: Identity): void {
  const brokers = brokersOf(identity)
  const lost = brokers.filter((id) => !hasMetadata(path, id) && identity.joined?.includes(id) !== true)
  const there = brokers.filter((id) => hasMetadata(path, id))
  const isMajorityThere = there.length > lost.length
  if (isMajorityThere || !brokers.some((id) => hasPartitions(path, id))) return
  const names = lost.map((id) => `broker-${id}`).join(', ')
  throw new StartRefused(
    `${path} has partitions, but the metadata logs of most brokers are gone (${names}); restore these directories or choose another one`,
  )
}

/** Records, or a snapshot: a vote without them is no memory of what was voted on. */
function hasMetadata(path: string, brokerId: number): boolean {
  const directory = join(directoryOf(path, brokerId), '__cluster_metadata-0')
  return listOrEmpty(directory).some(
    (name) => /\.(log|checkpoint)$/.test(name) && fs.statSync(join(directory, name)).size > 0,
  )
}

const hasPartitions = (path: string, brokerId: number): boolean =>
  listOrEmpty(directoryOf(path, brokerId)).some((name) => /-\d+$/.test(name) && name !== '__cluster_metadata-0')

const directoryOf = (path: string, brokerId: number): string => join(path, `broker-${brokerId}`)
const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const ascending = (ids: readonly number[]): number[] => [...new Set(ids)].sort((one, other) => one - other)
const brokersOf = ({ brokers, brokerCount }: Identity): readonly number[] => brokers ?? oneTo(brokerCount)

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
    const { formatVersion, clusterId, brokerCount, brokers = [1], joined = [] } = identity
    const isSound =
      typeof formatVersion === 'number' &&
      typeof clusterId === 'string' &&
      isBrokerId(brokerCount) &&
      [brokers, joined].every((ids) => Array.isArray(ids) && ids.every(isBrokerId)) &&
      brokers.length > 0
    if (isSound) return identity as Identity
  } catch {
    // Falls through: the same sentence for broken JSON and for JSON of something else.
  }
  throw new StartRefused(`${file} is damaged; restore it or choose another directory`)
}

const isBrokerId = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= brokerCountMax

const newIdentity = (brokerCount: number): Identity => ({
  formatVersion: 1,
  clusterId: uuidToBase64(newUuid()),
  brokerCount,
})

function writeIdentity(path: string, identity: Identity): Identity {
  replaceFile(join(path, 'pressroom.json'), `${JSON.stringify(identity, null, 2)}\n`)
  return identity
}

const newUuid = (): Uuid => randomUuid(seededRandom(crypto.getRandomValues(new Uint32Array(1))[0]!))

function listOrEmpty(path: string): string[] {
  try {
    return fs.readdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new StartRefused(`cannot read ${path} (${code})`, { cause: error })
  }
}
