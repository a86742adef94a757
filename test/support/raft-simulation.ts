// Raft replicas under a virtual clock: links with latency, cuts in one or both directions, crashes that lose what was not
// synced, restarts. Everything comes from one seed. The safety of Raft is checked as it runs.
import { integerBelow, type Random, seededRandom } from '../../src-broker/base/random.ts'
import { zeroUuid } from '../../src-broker/base/uuid.ts'
import { createRaft, nextDeadlineMs, progressOf, step } from '../../src-broker/core/quorum/raft.ts'
import type { RaftMessage } from '../../src-broker/core/quorum/raft-messages.ts'
import {
  type QuorumState,
  type Raft,
  type RaftEffect,
  type RaftInput,
  raftDefaults,
} from '../../src-broker/core/quorum/raft-state.ts'
import { type MemoryBatch, MemoryRaftLog, type MemorySnapshot, memoryBatch } from './memory-raft-log.ts'

interface Replica {
  readonly id: number
  /** Undefined while it is down. */
  raft: Raft | undefined
  log: MemoryRaftLog
  /** Raised at every crash: what was under way for an earlier life is void. */
  life: number
  durableLog: readonly MemoryBatch[]
  durableSnapshot: MemorySnapshot | undefined
  durableState: QuorumState | undefined
  committed: number
}

export class RaftSimulation {
  nowMs = 0
  readonly replicas = new Map<number, Replica>()
  readonly random: Random
  /** `from>to` pairs whose messages vanish without a word. */
  readonly cuts = new Set<string>()
  /** What the world did, for a failing seed. */
  readonly trace: string[] = []
  readonly leaderOfEpoch = new Map<number, number>()
  readonly committed: MemoryBatch[] = []
  syncMs: () => number
  latencyMs: () => number
  readonly #voters: readonly number[]
  readonly #votes = new Map<string, number>()
  readonly #epochs = new Map<number, number>()
  readonly #events: { atMs: number; sequence: number; run: () => void }[] = []
  readonly #arrivals = new Map<string, number>()
  #sequence = 0

  /** The first so many of all vote to begin with. */
  constructor(voters: number, seed = 1, replicas = voters) {
    this.random = seededRandom(seed)
    this.syncMs = () => 1 + this.random() * 4
    this.latencyMs = () => 0.1 + this.random() * 0.4
    this.#voters = Array.from({ length: voters }, (_, index) => index + 1)
    const ids = Array.from({ length: replicas }, (_, index) => index + 1)
    for (const id of ids) {
      const replica = {
        id,
        raft: undefined,
        log: new MemoryRaftLog(),
        life: 0,
        durableLog: [],
        durableSnapshot: undefined,
        durableState: undefined,
        committed: 0,
      }
      this.replicas.set(id, replica)
    }
    for (const id of ids) this.start(id)
  }

  get running(): Replica[] {
    return [...this.replicas.values()].filter((replica) => replica.raft !== undefined)
  }

  /** The leader of the latest epoch among those that run. */
  get leader(): Raft | undefined {
    const leaders = this.running.map(({ raft }) => raft!).filter((raft) => raft.role.kind === 'leader')
    return leaders.sort((a, b) => b.epoch - a.epoch)[0]
  }

  raft(id: number): Raft {
    return this.replicas.get(id)!.raft!
  }

  start(id: number): void {
    const replica = this.replicas.get(id)!
    if (replica.raft !== undefined) return
    this.trace.push(`${this.nowMs.toFixed(1)} start ${id}`)
    replica.log = new MemoryRaftLog(replica.durableLog, replica.durableSnapshot)
    replica.committed = 0
    const options = { id, ...raftDefaults }
    replica.raft = createRaft(options, this.#voters, replica.log, replica.durableState, this.random)
    this.#input(replica, { type: 'start' })
    for (const peer of this.running) {
      if (peer === replica) continue
      this.#deliver(peer.id, id, () => this.#input(replica, { type: 'peer-up', peer: peer.id }))
      this.#deliver(id, peer.id, () => this.#input(peer, { type: 'peer-up', peer: id }))
    }
  }

  /** The process dies. Its peers see the closed link; of what was not synced, some is there after the restart or none. */
  crash(id: number): void {
    const replica = this.replicas.get(id)!
    if (replica.raft === undefined) return
    this.trace.push(`${this.nowMs.toFixed(1)} crash ${id}`)
    const survives = this.random()
    if (survives < 0.3) replica.durableLog = replica.log.history
    else if (survives < 0.6) replica.durableLog = tornTail(replica.durableLog, replica.log.history, this.random)
    replica.raft = undefined
    for (const peer of this.running) {
      this.#deliver(id, peer.id, () => this.#input(peer, { type: 'peer-lost', peer: id }), replica.life + 1)
    }
    replica.life++
  }

  cut(from: number, to: number): void {
    this.trace.push(`${this.nowMs.toFixed(1)} cut ${from}>${to}`)
    this.cuts.add(`${from}>${to}`)
  }

  isolate(id: number): void {
    for (const peer of this.replicas.keys()) if (peer !== id) this.cut(id, peer), this.cut(peer, id)
  }

  heal(): void {
    this.trace.push(`${this.nowMs.toFixed(1)} heal`)
    this.cuts.clear()
  }

  propose(content: string): boolean {
    const leader = this.leader
    if (leader === undefined) return false
    leader.log.appendAsLeader(memoryBatch(content), leader.epoch)
    this.#input(this.replicas.get(leader.options.id)!, { type: 'appended' })
    return true
  }

  /** As the controller changes the voters: one at a time, of a quorum that has committed in this epoch. */
  changeVoters(change: (voters: readonly number[]) => readonly number[]): boolean {
    const { leader } = this
    const { role } = leader ?? {}
    if (leader === undefined || role?.kind !== 'leader' || leader.highWatermark <= role.epochStartOffset) return false
    if (leader.highWatermark <= (leader.voterSet?.offset ?? -1)) return false
    // The log first names those of the configuration.
    const ids = leader.voterSet === undefined ? leader.voters : change(leader.voters)
    if (ids.length === 0) return false
    const joining = ids.find((id) => !leader.voters.includes(id))
    if (joining !== undefined && (progressOf(leader, joining)?.logEndOffset ?? -1) < leader.highWatermark) return false
    this.trace.push(`${this.nowMs.toFixed(1)} voters ${ids}`)
    leader.log.appendVoters(
      ids.map((id) => ({ id, directoryId: zeroUuid, endpoints: [] })),
      leader.epoch,
    )
    const isChange = leader.voterSet !== undefined
    this.#input(this.replicas.get(leader.options.id)!, { type: 'appended' })
    return isChange
  }

  /** Of all that the replica knows to be committed. */
  takeSnapshot(id: number): void {
    const replica = this.replicas.get(id)!
    if (replica.raft === undefined || replica.raft.highWatermark <= replica.log.startOffset) return
    this.trace.push(`${this.nowMs.toFixed(1)} snapshot of ${id} at ${replica.raft.highWatermark}`)
    replica.log.takeSnapshot(replica.raft.highWatermark)
    replica.durableSnapshot = replica.log.snapshot
  }

  input(id: number, input: RaftInput): void {
    const replica = this.replicas.get(id)!
    if (replica.raft !== undefined) this.#input(replica, input)
  }

  at(delayMs: number, run: () => void): void {
    this.#later(delayMs, run)
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    while (this.#next() <= untilMs) this.#runNext()
    this.nowMs = untilMs
  }

  advanceUntil(condition: () => boolean, limitMs = 10_000): number {
    const startMs = this.nowMs
    while (!condition()) {
      if (this.#next() > startMs + limitMs)
        throw new Error(`not within ${limitMs} ms\n${this.trace.slice(-40).join('\n')}\n${this.states()}`)
      this.#runNext()
    }
    return this.nowMs - startMs
  }

  /** One line a replica. */
  states(): string {
    return [...this.replicas.values()]
      .map(({ id, raft, log }) =>
        raft === undefined
          ? `${id} is down`
          : `${id}: ${raft.role.kind} of ${raft.leaderId} in ${raft.epoch}, log ${log.startOffset} to ${log.endOffset}/${log.lastEpoch}, hw ${raft.highWatermark}, voters ${raft.voters}, links ${[...raft.connected]}`,
      )
      .join('\n')
  }

  #next(): number {
    const ticks = this.running.map(({ raft }) => nextDeadlineMs(raft!))
    return Math.max(this.nowMs, Math.min(this.#events[0]?.atMs ?? Infinity, ...ticks))
  }

  #runNext(): void {
    const nextMs = this.#next()
    this.nowMs = nextMs
    const event = this.#events[0]
    if (event !== undefined && event.atMs <= nextMs) {
      this.#events.shift()
      event.run()
      return
    }
    for (const replica of this.running)
      if (nextDeadlineMs(replica.raft!) <= nextMs) this.#input(replica, { type: 'tick' })
  }

  #later(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + delayMs, sequence: this.#sequence++, run }
    const index = this.#events.findIndex((other) => other.atMs > event.atMs)
    this.#events.splice(index < 0 ? this.#events.length : index, 0, event)
  }

  #input(replica: Replica, input: RaftInput): void {
    const out: RaftEffect[] = []
    step(replica.raft!, this.nowMs, input, out)
    this.#perform(replica, out)
    this.#check(replica)
  }

  #perform(replica: Replica, effects: readonly RaftEffect[]): void {
    for (const effect of effects) {
      // A crash may come between any two effects, and between writing the vote and saying so.
      if (replica.raft === undefined) return
      switch (effect.type) {
        case 'persist':
          replica.durableState = effect.state
          this.#perform(replica, effect.then)
          break
        case 'send':
          this.#send(replica.id, effect.to, effect.message)
          break
        case 'sync-log':
          this.#sync(replica)
          break
        case 'committed':
          this.#commit(replica, effect.highWatermark)
          break
        case 'snapshot-installed':
          if (replica.raft.role.kind !== 'follower') this.#fail(`${replica.id} loads a snapshot and follows nobody`)
          replica.durableSnapshot = replica.log.snapshot
          replica.durableLog = []
          this.#commit(replica, effect.snapshotId.endOffset)
          break
        case 'leadership-changed':
          this.trace.push(
            `${this.nowMs.toFixed(1)} ${replica.id}: leader ${effect.leaderId} in ${effect.epoch} (${effect.reason})`,
          )
          break
      }
    }
  }

  #sync(replica: Replica): void {
    const { life, log } = replica
    const asked = log.history
    this.#later(this.syncMs(), () => {
      if (replica.raft === undefined || replica.life !== life) return
      // A snapshot may have taken the place of what was written.
      const isThere = log.snapshot === undefined || asked.some((batch) => isSame(batch, log.snapshot!.batches.at(-1)!))
      if (isThere) replica.durableLog = asked
      this.#input(replica, { type: 'log-synced' })
    })
  }

  #send(from: number, to: number, message: RaftMessage): void {
    if (message.kind === 'vote-response' && message.voteGranted && !message.preVote)
      this.#checkVote(from, to, message.epoch)
    const copy = structuredClone(message)
    this.#deliver(from, to, () => {
      if (!this.cuts.has(`${from}>${to}`)) this.#input(this.replicas.get(to)!, { type: 'message', from, message: copy })
    })
  }

  /** In order per link, as a port delivers; void once either end has died. */
  #deliver(from: number, to: number, run: () => void, life = this.replicas.get(from)!.life): void {
    const link = `${from}>${to}`
    const target = this.replicas.get(to)!
    const targetLife = target.life
    const atMs = Math.max(this.nowMs + this.latencyMs(), this.#arrivals.get(link) ?? 0)
    this.#arrivals.set(link, atMs)
    this.#later(atMs - this.nowMs, () => {
      if (target.raft !== undefined && target.life === targetLife && this.replicas.get(from)!.life === life) run()
    })
  }

  #check(replica: Replica): void {
    const raft = replica.raft
    if (raft === undefined) return
    const epoch = this.#epochs.get(replica.id) ?? 0
    if (raft.epoch < epoch) this.#fail(`epoch of ${replica.id} went back from ${epoch} to ${raft.epoch}`)
    this.#epochs.set(replica.id, replica.durableState?.leaderEpoch ?? 0)
    if (raft.role.kind === 'leader') {
      const other = this.leaderOfEpoch.get(raft.epoch) ?? replica.id
      if (other !== replica.id) this.#fail(`epoch ${raft.epoch} has leaders ${other} and ${replica.id}`)
      this.leaderOfEpoch.set(raft.epoch, replica.id)
    }
  }

  #checkVote(voter: number, candidate: number, epoch: number): void {
    const key = `${voter}@${epoch}`
    const other = this.#votes.get(key) ?? candidate
    if (other !== candidate) this.#fail(`${voter} voted for ${other} and ${candidate} in ${epoch}`)
    if (this.replicas.get(voter)!.durableState?.votedId !== candidate)
      this.#fail(`${voter} told a vote it has not written`)
    this.#votes.set(key, candidate)
  }

  /** Committed is committed: the same batch at the same place, on everyone, for ever, and on a majority's disks. */
  #commit(replica: Replica, highWatermark: number): void {
    if (highWatermark < replica.committed) this.#fail(`high watermark of ${replica.id} went back`)
    const batches = replica.log.history.filter((batch) => batch.baseOffset < highWatermark)
    for (const [index, batch] of batches.entries()) {
      const known = this.committed[index]
      if (known === undefined) this.committed.push(batch)
      else if (!isSame(known, batch)) {
        this.#fail(
          `committed ${known.content}/${known.epoch} at ${known.baseOffset} is ${batch.content}/${batch.epoch} on ${replica.id}`,
        )
      }
    }
    replica.committed = highWatermark
    const { raft } = replica
    const last = batches.at(-1)
    if (raft?.role.kind !== 'leader' || last === undefined) return
    const durable = raft.voters.filter((id) => {
      const { durableLog, durableSnapshot } = this.replicas.get(id)!
      return [...(durableSnapshot?.batches ?? []), ...durableLog].some((batch) => isSame(batch, last))
    })
    if (durable.length * 2 <= raft.voters.length)
      this.#fail(`${highWatermark} is committed but on ${durable.length} disks only`)
  }

  #fail(what: string): never {
    throw new Error(`${what}\n${this.trace.slice(-60).join('\n')}`)
  }
}

const isSame = (one: MemoryBatch, other: MemoryBatch): boolean =>
  one.content === other.content && one.epoch === other.epoch && one.baseOffset === other.baseOffset

/** What was synced and some of what came after, where the one continues the other. */
function tornTail(
  durable: readonly MemoryBatch[],
  all: readonly MemoryBatch[],
  random: Random,
): readonly MemoryBatch[] {
  const isContinued = durable.every(
    (batch, index) =>
      all[index] === batch || (all[index]?.content === batch.content && all[index]?.epoch === batch.epoch),
  )
  return isContinued ? all.slice(0, durable.length + integerBelow(random, all.length - durable.length + 1)) : durable
}
