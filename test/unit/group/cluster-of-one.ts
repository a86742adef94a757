import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import { seededRandom } from '../../../src-broker/base/random.ts'
import type { Uuid } from '../../../src-broker/base/uuid.ts'
import { type GroupConfig, kafkaGroupDefaults } from '../../../src-broker/core/group/config.ts'
import { GroupCoordinator } from '../../../src-broker/core/group/coordinator.ts'
import type { OffsetFetchGroup, OffsetFetchGroupResponse } from '../../../src-broker/core/group/messages.ts'
import type { GroupEvent, KeyValue } from '../../../src-broker/core/group/sink.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { type Asked, ask } from './asked.ts'

interface Append {
  readonly partition: number
  readonly records: readonly KeyValue[]
  readonly done: (errorCode: number) => void
}

/** A coordinator with a clock that moves when told to, and a log that commits at once or when told to. */
export class ClusterOfOne {
  readonly deadlines = new Deadlines()
  readonly events: GroupEvent[] = []
  readonly partitionCount: number
  /** Everything committed, in order. */
  readonly log: (KeyValue & { readonly partition: number })[] = []
  /** Of the topics there are, by name; others have none. */
  readonly topicIds = new Map<string, Uuid>()
  groups: GroupCoordinator
  /** The log refuses appends with this error. */
  refusal: number = errors.NONE
  monotonicMs = 10_000
  wallMs = 1_700_000_000_000
  #commitsAtOnce = true
  #appends: Append[] = []
  #epoch = 0
  readonly #config: GroupConfig
  readonly #random: () => number

  constructor(config: Partial<GroupConfig> = {}, { partitionCount = 1, seed = 1 } = {}) {
    this.#config = { ...kafkaGroupDefaults, groupInitialRebalanceDelayMs: 0, ...config }
    this.#random = seededRandom(seed)
    this.partitionCount = partitionCount
    this.groups = this.#newCoordinator()
    this.#lead()
  }

  #newCoordinator(): GroupCoordinator {
    const env = { wallMs: () => this.wallMs, monotonicMs: () => this.monotonicMs, random: this.#random }
    const groups: GroupCoordinator = new GroupCoordinator(env, this.deadlines, this.#config, {
      partitionCount: () => this.partitionCount,
      topicId: (name) => this.topicIds.get(name),
      append: (partition, records, done) => {
        if (groups !== this.groups) throw new Error('a coordinator that resigned writes to the log')
        if (this.refusal !== errors.NONE) return done(this.refusal)
        this.#appends.push({ partition, records, done })
        if (this.#commitsAtOnce) this.commit()
      },
      event: (event) => this.events.push(event),
    })
    return groups
  }

  get uncommitted(): number {
    return this.#appends.length
  }

  /** From now on appends wait for `commit`. */
  holdCommits(): void {
    this.#commitsAtOnce = false
  }

  /** Commits the oldest appends; without a count all of them, and from now on everything at once. */
  commit(count = Infinity): void {
    if (count === Infinity) this.#commitsAtOnce = true
    for (let left = count; left > 0; left--) {
      const append = this.#appends.shift()
      if (append === undefined) return
      this.#store(append)
      append.done(errors.NONE)
    }
  }

  #store({ partition, records }: Append): void {
    for (const record of records) this.log.push({ ...record, partition })
  }

  #lead(): void {
    this.#epoch++
    for (let partition = 0; partition < this.partitionCount; partition++) {
      this.groups.becomeLeader(partition, this.#epoch)
      this.log.forEach((record, offset) => {
        if (record.partition === partition) this.groups.replay(partition, record.key, record.value, offset)
      })
      this.groups.loaded(partition, this.#epoch)
    }
  }

  /** Another broker takes over. Of what was not yet committed, the first `survivors` appends had reached it. */
  failOver(survivors = 0): void {
    const appends = this.#appends
    this.#appends = []
    const old = this.groups
    this.groups = this.#newCoordinator()
    for (let partition = 0; partition < this.partitionCount; partition++) old.resign(partition)
    for (const append of appends.slice(0, survivors)) this.#store(append)
    for (const append of appends) append.done(errors.NOT_LEADER_OR_FOLLOWER)
    this.#lead()
  }

  /** Lets time pass, deadline by deadline. */
  advance(ms: number): void {
    const endMs = this.monotonicMs + ms
    while (this.deadlines.nextMs <= endMs) {
      this.#moveTo(Math.max(this.monotonicMs, this.deadlines.nextMs))
      this.deadlines.run(this.monotonicMs)
    }
    this.#moveTo(endMs)
  }

  #moveTo(monotonicMs: number): void {
    this.wallMs += monotonicMs - this.monotonicMs
    this.monotonicMs = monotonicMs
  }

  fetch(request: OffsetFetchGroup, requireStable = false): Asked<OffsetFetchGroupResponse> {
    return ask((later) => this.groups.fetchOffsets(request, requireStable, later))
  }

  fetchOffset(topic: string, { groupId = 'readers', partition = 0 } = {}) {
    const topics = [{ name: topic, partitionIndexes: [partition] }]
    return this.fetch({ groupId, topics }).answer!.topics[0]!.partitions[0]!
  }

  deleteGroup(groupId = 'readers'): Asked<number> {
    return ask((later) => this.groups.deleteGroup(groupId, later))
  }

  /** One line: state, generation, protocol and every member's part. */
  view(groupId = 'readers'): string {
    const { groupState, protocolData, members } = this.groups.describeGroup(groupId)
    const parts = members.map((member) => {
      const assignment = new TextDecoder().decode(member.memberAssignment)
      return `${member.clientId}${assignment === '' ? '' : `=${assignment}`}`
    })
    return [groupState, protocolData, ...parts].filter((word) => word !== '').join(' ')
  }
}
