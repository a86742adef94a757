// A consumer that commits how far it is, from outside any group's membership, and asks now and then what is committed. What was
// acknowledged is never taken back (I6); what was not may be there.
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { offsetCommit } from '../../src-broker/protocol/messages/08-offset-commit.ts'
import { offsetFetch } from '../../src-broker/protocol/messages/09-offset-fetch.ts'
import { findCoordinator } from '../../src-broker/protocol/messages/10-find-coordinator.ts'
import type { Client } from './client.ts'
import { isCoordinator } from './health.ts'
import { passing } from './passing.ts'
import { between, chance } from './randoms.ts'
import type { World } from './world.ts'

const requestTimeoutMs = 4_000
const everyMs = 400

export class Committer {
  readonly #client: Client
  readonly #world: World
  readonly #groupId: string
  readonly #topic: string
  readonly #mayLose: boolean
  #coordinator = -1
  /** Highest offset that was acknowledged, and that was ever asked for. */
  #acknowledged = -1
  #asked = -1
  /** Those of which no answer came: such a request may be carried out late, and take back what was acknowledged meanwhile. */
  readonly #doubtful = new Set<number>()
  #isStopped = false
  /** A question asked after `stop` has been answered. */
  isConfirmed = false

  constructor(client: Client, groupId: string, topic: string, mayLose: boolean) {
    this.#client = client
    this.#world = client.world
    this.#groupId = groupId
    this.#topic = topic
    this.#mayLose = mayLose
    this.#later()
  }

  /** Commits no more, and looks once more at what is committed. */
  stop(): void {
    this.#isStopped = true
  }

  #later(): void {
    if (this.isConfirmed) return
    this.#world.after(everyMs * between(this.#client.random, 0.5, 1.5), () => this.#act())
  }

  #act(): void {
    if (this.#coordinator < 0) this.#findCoordinator()
    else if (this.#isStopped || chance(this.#client.random, 0.3)) this.#fetch()
    else this.#commit()
  }

  #findCoordinator(): void {
    const client = this.#client
    const version = client.versionOf(findCoordinator, 4)
    const body = { keyType: 0, coordinatorKeys: [this.#groupId] }
    client.ask(client.anyBroker(), findCoordinator, version, body, requestTimeoutMs, (response) => {
      const found = response?.coordinators[0]
      if (found?.errorCode === errors.NONE) this.#coordinator = found.nodeId
      this.#later()
    })
  }

  #commit(): void {
    const client = this.#client
    const committedOffset = this.#asked + 1
    this.#asked = committedOffset
    const version = Math.min(9, client.versionOf(offsetCommit, 2))
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: null }]
    const body = {
      groupId: this.#groupId,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: this.#topic, partitions }],
    }
    client.ask(this.#coordinator, offsetCommit, version, body, requestTimeoutMs, (response) => {
      const errorCode = response?.topics[0]?.partitions[0]?.errorCode
      if (errorCode === errors.NONE) this.#acknowledged = committedOffset
      else this.#failed('commit', errorCode)
      if (errorCode === undefined) this.#doubtful.add(committedOffset)
      this.#later()
    })
  }

  #fetch(): void {
    const client = this.#client
    const isLast = this.#isStopped
    const version = Math.max(8, Math.min(9, client.versionOf(offsetFetch, 8)))
    const groups = [{ groupId: this.#groupId, topics: [{ name: this.#topic, partitionIndexes: [0] }] }]
    const body = { groups, requireStable: true }
    client.ask(this.#coordinator, offsetFetch, version, body, requestTimeoutMs, (response) => {
      const group = response?.groups[0]
      const found = group?.topics[0]?.partitions[0]
      const errorCode = group === undefined ? undefined : group.errorCode || found?.errorCode
      if (errorCode !== errors.NONE || found === undefined) this.#failed('fetch of offsets', errorCode)
      else if (isCoordinator(client.cluster, this.#coordinator, this.#groupId)) {
        this.#judge(found.committedOffset)
        this.isConfirmed = isLast
      } else this.#coordinator = -1 // As in Kafka, one that is cut off tells what it knew.
      this.#later()
    })
  }

  #judge(committedOffset: number): void {
    const isKept = committedOffset >= this.#acknowledged || this.#doubtful.has(committedOffset) || this.#mayLose
    if (isKept && committedOffset <= this.#asked) return
    const known = `${this.#acknowledged} was acknowledged and ${this.#asked} asked for`
    this.#world.fail('committed-offset-wrong', `group ${this.#groupId} has ${committedOffset} where ${known}`)
  }

  #failed(what: string, errorCode: number | undefined): void {
    this.#coordinator = -1
    if (errorCode === undefined || passing.has(errorCode)) return
    this.#world.fail('unexpected-error', `${what} of group ${this.#groupId}: ${errorOf(errorCode).name}`)
  }
}
