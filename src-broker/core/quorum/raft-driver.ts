// Runs a Raft replica on the metadata log: one input at a time, its effects performed in their order, its deadlines kept.
import type { Deadline, Deadlines } from '../../base/deadlines.ts'
import { DiskError } from '../../base/disk.ts'
import type { Env } from '../env.ts'
import { MetadataLog, type MetadataLogSettings } from './metadata-log.ts'
import { readQuorumState, writeQuorumState } from './quorum-state.ts'
import { createRaft, nextDeadlineMs, step } from './raft.ts'
import type { SnapshotId } from './raft-log.ts'
import type { RaftMessage } from './raft-messages.ts'
import type { Raft, RaftEffect, RaftInput, RaftOptions } from './raft-state.ts'
import type { MetadataRecordInput } from './records.ts'
import type { Voter } from './voters.ts'

export interface RaftHost {
  send(to: number, message: RaftMessage): void
  /** fdatasync in the background; `done` in a later turn. */
  sync(path: string, done: () => void): void
  committed(highWatermark: number): void
  /** Of the leader: in place of the log, and of all that was replayed. */
  snapshotInstalled(snapshotId: SnapshotId): void
  /** The disk refused what the quorum has to write. This node tries again later, and leads no longer. */
  diskFailed(error: DiskError): void
  leadershipChanged(leaderId: number, epoch: number, reason: string): void
  /** Before a deadline is acted upon. */
  deadlineReached(): void
}

export class RaftDriver {
  readonly raft: Raft
  readonly log: MetadataLog
  readonly #env: Env
  readonly #deadlines: Deadlines
  readonly #host: RaftHost
  readonly #inputs: RaftInput[] = []
  #isStepping = false
  #isStopped = false
  #tick: Deadline | undefined

  constructor(
    options: RaftOptions & { readonly voters: readonly number[]; readonly log: MetadataLogSettings },
    env: Env,
    deadlines: Deadlines,
    host: RaftHost,
  ) {
    this.#env = env
    this.#deadlines = deadlines
    this.#host = host
    const state = readQuorumState(env)
    this.log = new MetadataLog(env, options.log)
    this.raft = createRaft(options, options.voters, this.log, state, env.random)
  }

  /** What effects bring about comes in after them. */
  input(input: RaftInput): void {
    if (this.#isStopped) return
    this.#inputs.push(input)
    if (this.#isStepping) return
    this.#isStepping = true
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      const effects: RaftEffect[] = []
      this.#trying(() => step(this.raft, this.#env.monotonicMs(), next, effects))
      this.#perform(effects)
    }
    this.#isStepping = false
    this.#scheduleTick()
  }

  /** As the leader. False where this node leads no longer, or the disk refused: then nobody knows whether it will stay, if it was appended. */
  append(records: readonly MetadataRecordInput[]): boolean {
    return this.#appending(() => this.log.append(records, this.raft.epoch))
  }

  /** As the leader, as above. */
  appendVoters(voters: readonly Voter[]): boolean {
    return this.#appending(() => this.log.appendVoters(voters, this.raft.epoch))
  }

  stop(): void {
    this.#isStopped = true
    this.#tick?.cancel()
    this.log.close()
  }

  #perform(effects: readonly RaftEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'persist':
          // What could not be written is told to nobody.
          this.#trying(() => {
            writeQuorumState(this.#env, effect.state, this.raft.voterSet === undefined ? this.raft.voters : undefined)
            this.#perform(effect.then)
          })
          break
        case 'send':
          this.#host.send(effect.to, effect.message)
          break
        case 'sync-log':
          this.#syncLog()
          break
        case 'committed':
          this.#host.committed(effect.highWatermark)
          break
        case 'snapshot-installed':
          this.#host.snapshotInstalled(effect.snapshotId)
          break
        case 'leadership-changed':
          this.#host.leadershipChanged(effect.leaderId, effect.epoch, effect.reason)
          break
      }
    }
  }

  #appending(append: () => void): boolean {
    // Whoever asks may not have heard yet. What others wrote in this epoch at that place would never be told from ours.
    if (!this.#isLeading) return false
    if (!this.#trying(append)) return false
    this.input({ type: 'appended' })
    // The disk may have refused what comes of it, and ended the leadership. Who asked must not wait for a commit then.
    return this.#isLeading
  }

  get #isLeading(): boolean {
    return this.raft.role.kind === 'leader'
  }

  /** A disk that refuses is not a bug: the log is as it was before, and it is tried again. */
  #trying(action: () => void): boolean {
    try {
      action()
      return true
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#host.diskFailed(error)
      this.input({ type: 'disk-failed' })
      return false
    }
  }

  #syncLog(): void {
    const files = this.log.filesFrom(this.raft.syncedEndOffset)
    let left = files.length
    for (const file of files) {
      this.#host.sync(file, () => {
        if (--left === 0) this.input({ type: 'log-synced' })
      })
    }
  }

  #scheduleTick(): void {
    const atMs = nextDeadlineMs(this.raft)
    if (this.#isStopped || (this.#tick?.isOver === false && this.#tick.atMs === atMs)) return
    this.#tick?.cancel()
    if (atMs < Infinity) this.#tick = this.#deadlines.at(atMs, () => this.#deadlineReached())
  }

  #deadlineReached(): void {
    this.#host.deadlineReached()
    this.input({ type: 'tick' })
  }
}
