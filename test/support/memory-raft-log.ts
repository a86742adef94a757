import type { LeaderChange, RaftLog } from '../../src-broker/core/quorum/raft-log.ts'

export interface MemoryBatch {
  readonly baseOffset: number
  readonly count: number
  readonly epoch: number
  readonly content: string
}

/** A Raft log without a format: batches are JSON, what a crash leaves of them is the test's choice. */
export class MemoryRaftLog implements RaftLog {
  readonly startOffset = 0
  batches: readonly MemoryBatch[]

  constructor(batches: readonly MemoryBatch[] = []) {
    this.batches = batches
  }

  get endOffset(): number {
    const last = this.batches.at(-1)
    return last === undefined ? 0 : last.baseOffset + last.count
  }

  get lastEpoch(): number {
    return this.batches.at(-1)?.epoch ?? 0
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    const last = this.batches.findLast((batch) => batch.epoch <= epoch)
    return last === undefined
      ? { epoch: 0, endOffset: 0 }
      : { epoch: last.epoch, endOffset: last.baseOffset + last.count }
  }

  appendAsLeader(batch: Uint8Array, epoch: number): number {
    const { content, count } = JSON.parse(Buffer.from(batch).toString())
    return this.#append(content, count, epoch)
  }

  appendLeaderChange(change: LeaderChange, epoch: number): void {
    this.#append(`leader ${change.leaderId}`, 1, epoch)
  }

  appendAsFollower(batches: Uint8Array): boolean {
    this.batches = [...this.batches, ...JSON.parse(Buffer.from(batches).toString())]
    return true
  }

  read(offset: number): Uint8Array {
    return Buffer.from(JSON.stringify(this.batches.filter((batch) => batch.baseOffset >= offset).slice(0, 3)))
  }

  truncateTo(offset: number): void {
    this.batches = this.batches.filter((batch) => batch.baseOffset + batch.count <= offset)
  }

  #append(content: string, count: number, epoch: number): number {
    const baseOffset = this.endOffset
    this.batches = [...this.batches, { baseOffset, count, epoch, content }]
    return baseOffset
  }
}

export const memoryBatch = (content: string, count = 1): Uint8Array => Buffer.from(JSON.stringify({ content, count }))
