import type { LeaderChange, RaftLog, SnapshotId, SnapshotPart } from '../../src-broker/core/quorum/raft-log.ts'
import type { Voter, VoterSet } from '../../src-broker/core/quorum/voters.ts'

export interface MemoryBatch {
  readonly baseOffset: number
  readonly count: number
  readonly epoch: number
  readonly content: string
  /** Who votes from here on. */
  readonly voters?: readonly Voter[]
}

/** All that a log held up to there. */
export interface MemorySnapshot extends SnapshotId {
  readonly batches: readonly MemoryBatch[]
}

/** A Raft log without a format: batches are JSON, what a crash leaves of them is the test's choice. */
export class MemoryRaftLog implements RaftLog {
  batches: readonly MemoryBatch[]
  snapshot: MemorySnapshot | undefined
  #voters: VoterSet | undefined
  /** The batches that these were found in. */
  #votersOf: readonly MemoryBatch[] | undefined

  constructor(batches: readonly MemoryBatch[] = [], snapshot?: MemorySnapshot) {
    this.snapshot = snapshot
    const start = snapshot?.endOffset ?? 0
    const isContinued = batches.some((batch) => endOf(batch) === start || batch.baseOffset === start)
    this.batches = isContinued ? batches.filter(({ baseOffset }) => baseOffset >= start) : []
  }

  /** From offset 0 on, what the snapshot covers included. */
  get history(): readonly MemoryBatch[] {
    return [...(this.snapshot?.batches ?? []), ...this.batches]
  }

  get startOffset(): number {
    return this.snapshot?.endOffset ?? 0
  }

  get endOffset(): number {
    const last = this.batches.at(-1)
    return last === undefined ? this.startOffset : endOf(last)
  }

  get lastEpoch(): number {
    return this.batches.at(-1)?.epoch ?? this.snapshot?.epoch ?? 0
  }

  /** The same object as long as the set is the same. */
  get voters(): VoterSet | undefined {
    if (this.#votersOf === this.batches) return this.#voters
    this.#votersOf = this.batches
    const [previous, inLog] = [undefined, undefined, ...this.history.filter(({ voters }) => voters)].slice(-2)
    if (inLog?.voters !== this.#voters?.voters || inLog?.baseOffset !== this.#voters?.offset) {
      this.#voters = inLog && {
        offset: inLog.baseOffset,
        voters: inLog.voters!,
        previous: previous?.voters ?? [],
      }
    }
    return this.#voters
  }

  get latestSnapshot(): SnapshotId | undefined {
    return this.snapshot
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    const last = this.batches.findLast((batch) => batch.epoch <= epoch)
    if (last !== undefined) return { epoch: last.epoch, endOffset: endOf(last) }
    if (this.startOffset === 0) return { epoch: 0, endOffset: 0 }
    const before = this.snapshot!.epoch
    return { epoch: epoch >= before ? before : -1, endOffset: this.startOffset }
  }

  appendAsLeader(batch: Uint8Array, epoch: number): number {
    const { content, count } = JSON.parse(Buffer.from(batch).toString())
    return this.#append({ content, count, epoch })
  }

  appendLeaderChange(change: LeaderChange, epoch: number): void {
    this.#append({ content: `leader ${change.leaderId}`, count: 1, epoch })
  }

  appendVoters(voters: readonly Voter[], epoch: number): void {
    this.#append({ content: `voters ${voters.map(({ id }) => id)}`, count: 1, epoch, voters })
  }

  appendAsFollower(batches: Uint8Array): boolean {
    this.batches = [...this.batches, ...JSON.parse(Buffer.from(batches).toString())]
    return true
  }

  read(offset: number): Uint8Array {
    return Buffer.from(JSON.stringify(this.batches.filter((batch) => batch.baseOffset >= offset).slice(0, 3)))
  }

  truncateTo(offset: number): void {
    this.batches = this.batches.filter((batch) => endOf(batch) <= offset)
  }

  /** Of all that is committed; the log in front of it goes. */
  takeSnapshot(endOffset: number): void {
    const batches = this.history.filter((batch) => endOf(batch) <= endOffset)
    const last = batches.at(-1)
    if (last === undefined) return
    this.snapshot = { endOffset: endOf(last), epoch: last.epoch, batches }
    this.batches = this.batches.filter((batch) => batch.baseOffset >= endOf(last))
  }

  /** In small parts. */
  readSnapshot(id: SnapshotId, position: number): SnapshotPart | undefined {
    if (this.snapshot?.endOffset !== id.endOffset) return undefined
    const content = Buffer.from(JSON.stringify(this.snapshot))
    return { position, bytes: content.subarray(position, position + 200), size: content.length }
  }

  #incoming: Uint8Array[] = []

  receiveSnapshot(_: SnapshotId, { position, bytes, size }: SnapshotPart): 'more' | 'installed' {
    if (position === 0) this.#incoming = []
    this.#incoming.push(bytes)
    if (position + bytes.length < size) return 'more'
    this.snapshot = JSON.parse(Buffer.concat(this.#incoming).toString())
    this.batches = []
    return 'installed'
  }

  #append(batch: Omit<MemoryBatch, 'baseOffset'>): number {
    const baseOffset = this.endOffset
    this.batches = [...this.batches, { baseOffset, ...batch }]
    return baseOffset
  }
}

const endOf = ({ baseOffset, count }: MemoryBatch): number => baseOffset + count

export const memoryBatch = (content: string, count = 1): Uint8Array => Buffer.from(JSON.stringify({ content, count }))
