// Members of a classic group that join, share its partitions, commit, and leave. In one generation every partition has one owner;
// nobody commits any more for a generation that is over; a new owner finds what the owners before it had acknowledged.
import { decodeText, encodeText } from '../../src-broker/base/text.ts'
import type { Api, RequestInput, ResponseOf } from '../../src-broker/protocol/api.ts'
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { offsetCommit } from '../../src-broker/protocol/messages/08-offset-commit.ts'
import { offsetFetch } from '../../src-broker/protocol/messages/09-offset-fetch.ts'
import { findCoordinator } from '../../src-broker/protocol/messages/10-find-coordinator.ts'
import { joinGroup } from '../../src-broker/protocol/messages/11-join-group.ts'
import { heartbeat } from '../../src-broker/protocol/messages/12-heartbeat.ts'
import { leaveGroup } from '../../src-broker/protocol/messages/13-leave-group.ts'
import { syncGroup } from '../../src-broker/protocol/messages/14-sync-group.ts'
import type { Shape } from '../../src-broker/protocol/schema.ts'
import type { Client } from './client.ts'
import { passing } from './passing.ts'
import { between, chance } from './randoms.ts'
import type { World } from './world.ts'

const sessionTimeoutMs = 6_000
const rebalanceTimeoutMs = 3_000
const everyMs = 400
const protocolName = 'in-turn'

/** What all members of a group know between them. */
export class Membership {
  readonly groupId: string
  readonly topic: string
  readonly partitions: number
  readonly mayLose: boolean
  readonly #world: World
  readonly #owners = new Map<string, string>()
  /** Highest generation in which somebody was told what is his. */
  generation = -1
  /** By partition: highest offset acknowledged. */
  readonly committed: number[] = []

  constructor(world: World, groupId: string, topic: string, partitions: number, mayLose: boolean) {
    this.#world = world
    this.groupId = groupId
    this.topic = topic
    this.partitions = partitions
    this.mayLose = mayLose
  }

  assigned(generation: number, memberId: string, partitions: readonly number[]): void {
    this.generation = Math.max(this.generation, generation)
    for (const partition of partitions) {
      const key = `${generation} ${partition}`
      const owner = this.#owners.get(key)
      this.#owners.set(key, memberId)
      if (owner === undefined || owner === memberId || this.mayLose) continue
      const what = `${this.groupId}, generation ${generation}, partition ${partition}`
      this.#world.fail('two-owners', `${what}: ${owner} and ${memberId}`)
    }
  }

  /** `before`: the highest generation when the commit was sent. */
  acknowledged(partition: number, offset: number, generation: number, before: number): void {
    if (generation < before && !this.mayLose) {
      const what = `${this.groupId} takes offset ${offset} of partition ${partition}`
      this.#world.fail('zombie-commit', `${what} for generation ${generation} in generation ${before}`)
    }
    this.committed[partition] = Math.max(this.committed[partition] ?? -1, offset)
  }

  found(partition: number, offset: number, expected: number): void {
    if (offset >= expected || this.mayLose) return
    this.#world.fail(
      'committed-offset-wrong',
      `${this.groupId} has ${offset} for ${partition} and acknowledged ${expected}`,
    )
  }
}

interface Commit {
  readonly generation: number
  readonly partitionIndex: number
  readonly committedOffset: number
}

export class Member {
  readonly #client: Client
  readonly #world: World
  readonly #group: Membership
  #coordinator = -1
  #memberId = ''
  #generation = -1
  /** What is its own, with the next offset to commit; undefined until that is known. */
  #owned: Map<number, number> | undefined
  /** What it committed last, or tried to. */
  #last: Commit | undefined
  #isOver = false
  /** In peace nobody leaves. */
  staysFromNow = false

  constructor(client: Client, group: Membership) {
    this.#client = client
    this.#world = client.world
    this.#group = group
    this.#later()
  }

  /** In which it owns its part; -1 where it does not. */
  get generation(): number {
    return this.#owned === undefined ? -1 : this.#generation
  }

  get ownedCount(): number {
    return this.#owned?.size ?? 0
  }

  stop(): void {
    this.#isOver = true
  }

  #later(ms = everyMs): void {
    this.#world.after(ms * between(this.#client.random, 0.5, 1.5), () => {
      if (!this.#isOver) this.#act()
    })
  }

  #act(): void {
    if (this.#coordinator < 0) this.#find()
    // Whoever did not hear where to go on joins again.
    else if (this.#generation < 0 || this.#owned === undefined) this.#join()
    else if (!this.staysFromNow && chance(this.#client.random, 0.03)) this.#leave()
    else if (chance(this.#client.random, 0.5)) this.#beat()
    else this.#commit()
  }

  #ask<Request extends Shape, Response extends Shape>(
    api: Api<Request, Response>,
    version: number,
    body: RequestInput<Api<Request, Response>>,
    done: (response: ResponseOf<Api<Request, Response>>) => void,
  ): void {
    this.#client.ask(this.#coordinator, api, version, body, rebalanceTimeoutMs + 4_000, (response) => {
      if (response !== undefined) return done(response)
      this.#coordinator = -1
      this.#later()
    })
  }

  #find(): void {
    const body = { keyType: 0, coordinatorKeys: [this.#group.groupId] }
    const client = this.#client
    client.ask(client.anyBroker(), findCoordinator, 4, body, 2_000, (response) => {
      const found = response?.coordinators[0]
      if (found?.errorCode === errors.NONE) this.#coordinator = found.nodeId
      this.#later()
    })
  }

  #join(): void {
    const { groupId } = this.#group
    this.#owned = undefined
    const body = {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      groupInstanceId: null,
      protocolType: 'simulated',
      protocols: [{ name: protocolName, metadata: new Uint8Array(0) }],
      reason: null,
    }
    this.#ask(joinGroup, 5, body, ({ errorCode, generationId, leader, memberId, members }) => {
      if (errorCode === errors.MEMBER_ID_REQUIRED) {
        this.#memberId = memberId
        return this.#join()
      }
      if (errorCode !== errors.NONE) return this.#failed('join', errorCode)
      this.#memberId = memberId
      return this.#sync(generationId, leader === memberId ? members.map((member) => member.memberId) : [])
    })
  }

  /** The leader deals the partitions out in turn. */
  #sync(generationId: number, members: readonly string[]): void {
    const { groupId, partitions } = this.#group
    const dealt = members.map(() => [] as number[])
    for (let at = 0; members.length > 0 && at < partitions; at++) dealt[at % members.length]!.push(at)
    const assignments = members.map((memberId, index) => ({
      memberId,
      assignment: encodeText(dealt[index]!.join(' ')),
    }))
    const body = { groupId, generationId, memberId: this.#memberId, groupInstanceId: null, assignments }
    this.#ask(syncGroup, 3, body, ({ errorCode, assignment }) => {
      if (errorCode !== errors.NONE) return this.#failed('sync', errorCode)
      const text = decodeText(assignment)
      const owned = text === '' ? [] : text.split(' ').map(Number)
      this.#generation = generationId
      this.#group.assigned(generationId, this.#memberId, owned)
      if (this.#last !== undefined && this.#last.generation < generationId) this.#commitLate(this.#last)
      this.#last = undefined
      return this.#takeOver(owned)
    })
  }

  /** It meant to commit this before it joined again, and is too late. */
  #commitLate({ generation, partitionIndex, committedOffset }: Commit): void {
    const { generation: before } = this.#group
    const body = this.#commitBody({ generation, partitionIndex, committedOffset })
    this.#client.ask(this.#coordinator, offsetCommit, 8, body, rebalanceTimeoutMs, (response) => {
      if (response?.topics[0]?.partitions[0]?.errorCode !== errors.NONE) return
      this.#group.acknowledged(partitionIndex, committedOffset, generation, before)
    })
  }

  #takeOver(owned: readonly number[]): void {
    const { groupId, topic, committed } = this.#group
    const expected = owned.map((partition) => committed[partition] ?? -1)
    const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [...owned] }] }]
    this.#ask(offsetFetch, 8, { groups, requireStable: true }, (response) => {
      const group = response.groups[0]!
      const partitions = group.topics[0]?.partitions ?? []
      const errorCode = group.errorCode || (partitions.find((partition) => partition.errorCode !== 0)?.errorCode ?? 0)
      if (errorCode !== errors.NONE) return this.#failed('offset fetch', errorCode)
      const next = new Map<number, number>()
      for (const { partitionIndex, committedOffset } of partitions) {
        this.#group.found(partitionIndex, committedOffset, expected[owned.indexOf(partitionIndex)]!)
        next.set(partitionIndex, committedOffset + 1)
      }
      this.#owned = next
      return this.#later()
    })
  }

  #beat(): void {
    const body = {
      groupId: this.#group.groupId,
      generationId: this.#generation,
      memberId: this.#memberId,
      groupInstanceId: null,
    }
    this.#ask(heartbeat, 3, body, ({ errorCode }) => this.#answered('heartbeat', errorCode))
  }

  #commit(): void {
    const { generation: before } = this.#group
    const generation = this.#generation
    const owned = [...(this.#owned ?? [])]
    if (owned.length === 0) return this.#beat()
    const [partitionIndex, committedOffset] = owned[Math.floor(this.#client.random() * owned.length)]!
    this.#last = { generation, partitionIndex, committedOffset }
    const body = this.#commitBody(this.#last)
    this.#ask(offsetCommit, 8, body, (response) => {
      const errorCode = response.topics[0]!.partitions[0]!.errorCode
      if (errorCode === errors.NONE) {
        this.#group.acknowledged(partitionIndex, committedOffset, generation, before)
        this.#owned?.set(partitionIndex, committedOffset + 1)
      }
      this.#answered('commit', errorCode)
    })
  }

  #commitBody({ generation, partitionIndex, committedOffset }: Commit) {
    const { groupId, topic } = this.#group
    return {
      groupId,
      generationIdOrMemberEpoch: generation,
      memberId: this.#memberId,
      groupInstanceId: null,
      topics: [{ name: topic, partitions: [{ partitionIndex, committedOffset, committedMetadata: null }] }],
    }
  }

  #leave(): void {
    const { groupId } = this.#group
    const members = [{ memberId: this.#memberId, groupInstanceId: null, reason: null }]
    this.#world.countFault('member-leaves')
    this.#ask(leaveGroup, 3, { groupId, members }, () => {
      this.#forget()
      this.#later(3_000)
    })
  }

  #answered(what: string, errorCode: number): void {
    if (errorCode !== errors.NONE) return this.#failed(what, errorCode)
    return this.#later()
  }

  #failed(what: string, errorCode: number): void {
    this.#owned = undefined
    if (errorCode === errors.REBALANCE_IN_PROGRESS) this.#generation = -1
    else if (forgotten.has(errorCode)) this.#forget()
    else if (passing.has(errorCode)) {
      this.#coordinator = -1
      this.#generation = -1
    } else this.#world.fail('unexpected-error', `${what} in ${this.#group.groupId}: ${errorOf(errorCode).name}`)
    this.#later(100)
  }

  #forget(): void {
    this.#memberId = ''
    this.#generation = -1
    this.#owned = undefined
  }
}

const forgotten: ReadonlySet<number> = new Set([errors.UNKNOWN_MEMBER_ID, errors.ILLEGAL_GENERATION])
