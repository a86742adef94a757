// Runs a Raft replica on the metadata log: one input at a time, its effects performed in their order, its deadlines kept.
import type { Deadline, Deadlines } from '../../base/deadlines.ts'
import type { Env } from '../env.ts'
import { MetadataLog, readQuorumState, writeQuorumState } from './metadata-log.ts'
import { createRaft, nextDeadlineMs, step } from './raft.ts'
import type { RaftMessage } from './raft-messages.ts'
import type { Raft, RaftEffect, RaftInput, RaftOptions } from './raft-state.ts'
import type { MetadataRecordInput } from './records.ts'

export interface RaftHost {
  send(to: number, message: RaftMessage): void
  /** fdatasync in the background; `done` in a later turn. */
  sync(path: string, done: () => void): void
  committed(highWatermark: number): void
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

  constructor(options: RaftOptions, voters: readonly number[], env: Env, deadlines: Deadlines, host: RaftHost) {
    this.#env = env
    this.#deadlines = deadlines
    this.#host = host
    this.log = new MetadataLog(env)
    this.raft = createRaft(options, voters, this.log, readQuorumState(env), env.random)
  }

  /** What effects bring about comes in after them. */
  input(input: RaftInput): void {
    if (this.#isStopped) return
    this.#inputs.push(input)
    if (this.#isStepping) return
    this.#isStepping = true
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      const effects: RaftEffect[] = []
      step(this.raft, this.#env.monotonicMs(), next, effects)
      this.#perform(effects)
    }
    this.#isStepping = false
    this.#scheduleTick()
  }

  /** As the leader. */
  append(records: readonly MetadataRecordInput[]): void {
    this.log.append(records, this.raft.epoch)
    this.input({ type: 'appended' })
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
          writeQuorumState(this.#env, effect.state, this.raft.voters)
          this.#perform(effect.then)
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
        case 'leadership-changed':
          this.#host.leadershipChanged(effect.leaderId, effect.epoch, effect.reason)
          break
      }
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

  /** A tick too early does no harm, so an earlier deadline is left standing. */
  #scheduleTick(): void {
    const atMs = nextDeadlineMs(this.raft)
    if (this.#isStopped || (this.#tick?.isOver === false && this.#tick.atMs <= atMs)) return
    this.#tick?.cancel()
    if (atMs < Infinity) this.#tick = this.#deadlines.at(atMs, () => this.#deadlineReached())
  }

  #deadlineReached(): void {
    this.#host.deadlineReached()
    this.input({ type: 'tick' })
  }
}
