// Whole nodes of the metadata quorum under a virtual clock: links with latency, disks that know what a power loss leaves,
// clocks that jump. Chance comes from one seed. What may never happen is checked as it runs.
import { crc32c } from '@node-rs/crc32'
import { Deadlines } from '../../src-broker/base/deadlines.ts'
import { type Random, seededRandom } from '../../src-broker/base/random.ts'
import { randomUuid } from '../../src-broker/base/uuid.ts'
import { createBrokerConfig, laptopSettings } from '../../src-broker/core/config/broker-config.ts'
import type { Env } from '../../src-broker/core/env.ts'
import type { Answer, ControllerApi, RequestOf, ResponseOf } from '../../src-broker/core/quorum/controller-apis.ts'
import type { MetadataImage } from '../../src-broker/core/quorum/image.ts'
import type { QuorumMessage } from '../../src-broker/core/quorum/messages.ts'
import { type QuorumEvent, QuorumNode } from '../../src-broker/core/quorum/quorum-node.ts'
import { MemoryDisk } from './memory-disk.ts'

export const clusterId = 'pressroom-test-cluster'
const wallMsAtStart = 1_700_000_000_000

interface Member {
  readonly id: number
  disk: MemoryDisk
  deadlines: Deadlines
  /** Undefined while it is down. */
  node: QuorumNode | undefined
  /** Raised at every stop: what was under way for an earlier life is void. */
  life: number
  /** The last life that ended in an orderly way: what it had sent still arrives. */
  orderlyLife: number
  /** How often its disk was replaced by an empty one. */
  wipes: number
  /** As its clean-shutdown file has it; -1 where the last life did not end cleanly. */
  cleanShutdownEpoch: number
}

export interface HarnessOptions {
  readonly brokers: number
  /** The first so many vote; all where not given. */
  readonly voters?: number
  readonly seed?: number
  readonly settings?: Readonly<Record<string, string>>
}

export class QuorumHarness {
  nowMs = 1_000
  readonly random: Random
  readonly members = new Map<number, Member>()
  readonly events: (QuorumEvent & { readonly atMs: number; readonly by: number })[] = []
  latencyMs: () => number
  syncMs: () => number
  /** `from>to` pairs whose messages vanish without a word. */
  readonly #cuts = new Set<string>()
  readonly #happenings: { readonly atMs: number; readonly run: () => void }[] = []
  readonly #arrivals = new Map<string, number>()
  readonly #controllers = new Map<number, number>()
  /** Content by end offset, and leader by partition and epoch, of all images ever seen. */
  readonly #images = new Map<number, string>()
  readonly #leaders = new Map<string, number>()
  readonly #options: HarnessOptions
  readonly #voters: readonly number[]

  constructor(options: HarnessOptions) {
    this.#options = options
    this.random = seededRandom(options.seed ?? 1)
    this.latencyMs = () => 0.05 + this.random() * 0.2
    this.syncMs = () => 1 + this.random() * 2
    const ids = Array.from({ length: options.brokers }, (_, index) => index + 1)
    this.#voters = ids.slice(0, options.voters ?? options.brokers)
    for (const id of ids) {
      this.members.set(id, {
        id,
        disk: new MemoryDisk(),
        deadlines: new Deadlines(),
        node: undefined,
        life: 0,
        orderlyLife: -1,
        wipes: 0,
        cleanShutdownEpoch: -1,
      })
    }
  }

  /** All of them, and time until the cluster counts on each. */
  static started(options: HarnessOptions): QuorumHarness {
    const harness = new QuorumHarness(options)
    for (const id of harness.members.keys()) harness.start(id)
    harness.until(() => harness.isWhole())
    return harness
  }

  get running(): QuorumNode[] {
    return [...this.members.values()].flatMap(({ node }) => node ?? [])
  }

  node(id: number): QuorumNode {
    const { node } = this.members.get(id)!
    if (node === undefined) throw new Error(`broker ${id} is down`)
    return node
  }

  /** The active controller as a majority sees it. */
  get controller(): QuorumNode | undefined {
    return this.running.find((node) => {
      const voters = node.describe()?.voters.map(({ replicaId }) => replicaId)
      return voters !== undefined && this.#followersOf(node, voters) * 2 > voters.length
    })
  }

  get image(): MetadataImage {
    return this.controller!.image
  }

  /** The cluster counts on every broker that runs, in its present life. */
  isWhole(): boolean {
    const { controller } = this
    return (
      controller !== undefined &&
      this.running.every(({ brokerEpoch, options: { brokerId } }) => {
        const { image } = controller
        return image.isActive(brokerId) && image.brokers.get(brokerId)!.epoch === brokerEpoch
      })
    )
  }

  start(id: number): void {
    const member = this.members.get(id)!
    member.deadlines = new Deadlines()
    member.node = this.#create(member)
    const { life } = member
    for (const peer of this.members.values()) {
      if (peer.node === undefined || peer === member) continue
      this.#deliver(peer.id, id, life, peer.life, () => member.node!.peerUp(peer.id))
      this.#deliver(id, peer.id, peer.life, life, () => peer.node!.peerUp(id))
    }
    member.node.start()
  }

  /** The process dies; `power` takes what was not synced with it. */
  kill(id: number, power: 'power-loss' | 'power-stays' = 'power-stays'): void {
    const member = this.members.get(id)!
    if (member.node === undefined) return
    member.disk = power === 'power-loss' ? member.disk.crash() : member.disk.kill()
    this.#end(member)
  }

  stop(id: number): void {
    const member = this.members.get(id)!
    member.cleanShutdownEpoch = member.node?.brokerEpoch ?? -1
    member.node?.stop()
    member.orderlyLife = member.life
    this.#end(member)
  }

  /** While it is down: a new disk takes the place of its old one. */
  wipe(id: number): void {
    const member = this.members.get(id)!
    member.disk = new MemoryDisk()
    member.wipes++
  }

  /** Who votes, as the controller's log has it. */
  get voters(): readonly number[] {
    const { voters = [] } = this.controller?.describe() ?? {}
    return voters.map(({ replicaId }) => replicaId)
  }

  cut(from: number, to: number): void {
    this.#cuts.add(`${from}>${to}`)
  }

  isolate(id: number): void {
    for (const peer of this.members.keys()) if (peer !== id) this.cut(id, peer), this.cut(peer, id)
  }

  heal(): void {
    this.#cuts.clear()
  }

  /** Nobody runs, then everybody finds that the clock has gone on. */
  sleep(ms: number): void {
    this.nowMs += ms
  }

  at(delayMs: number, run: () => void): void {
    this.#later(delayMs, run)
  }

  after(ms: number): this {
    const untilMs = this.nowMs + ms
    while (this.#nextMs() <= untilMs) this.#runNext()
    this.nowMs = Math.max(this.nowMs, untilMs)
    return this
  }

  /** Returns how long it took. */
  until(condition: () => boolean, limitMs = 15_000): number {
    const startMs = this.nowMs
    while (!condition()) {
      if (this.#nextMs() > startMs + limitMs) throw new Error(`not within ${limitMs} ms\n${this.log()}`)
      this.#runNext()
    }
    return this.nowMs - startMs
  }

  /** Asks through a broker, and waits for the answer. */
  ask<A extends ControllerApi>(api: A, body: RequestOf<A>, by = this.running[0]!.options.brokerId): ResponseOf<A> {
    const { answer } = this.asked(api, body, by)
    this.until(() => answer.value !== undefined)
    if (answer.value!.response === undefined) throw new Error(`error ${answer.value!.errorCode}\n${this.log()}`)
    return answer.value!.response
  }

  /** Asks and does not wait. */
  asked<A extends ControllerApi>(
    api: A,
    body: RequestOf<A>,
    by: number,
    timeoutMs = 10_000,
  ): { readonly answer: { value: Answer<A> | undefined } } {
    const answer: { value: Answer<A> | undefined } = { value: undefined }
    this.node(by).request(api, body, timeoutMs, (given) => {
      if (answer.value !== undefined) throw new Error(`${api} answered twice`)
      answer.value = given
    })
    return { answer }
  }

  createTopic(name: string, numPartitions = 3, replicationFactor = 3): void {
    const topic = { name, numPartitions, replicationFactor, assignments: [], configs: [] }
    const [result] = this.ask('CreateTopics', { topics: [topic], validateOnly: false }).topics
    if (result?.errorCode !== 0) throw new Error(`${name}: ${result?.errorMessage}`)
  }

  /** `leader epoch isr` of each partition, as one broker has it. */
  partitions(topic: string, by: QuorumNode = this.controller!): string[] {
    return by.image.topics
      .get(topic)!
      .partitions.map(
        ({ leader, leaderEpoch, isr }) => `leader ${leader} epoch ${leaderEpoch} isr ${[...isr].sort().join(',')}`,
      )
  }

  log(): string {
    return this.events
      .slice(-40)
      .map(({ atMs, by, ...event }) => `${atMs.toFixed(1)} ${by}: ${JSON.stringify(event)}`)
      .join('\n')
  }

  #followersOf(node: QuorumNode, voters: readonly number[]): number {
    return this.running.filter(
      ({ controllerId, leaderEpoch, options }) =>
        voters.includes(options.brokerId) && controllerId === node.options.brokerId && leaderEpoch === node.leaderEpoch,
    ).length
  }

  #create(member: Member): QuorumNode {
    const { id, deadlines } = member
    const settings = new Map([
      ...laptopSettings(this.#options.brokers),
      ...Object.entries(this.#options.settings ?? {}),
    ])
    const options = {
      brokerId: id,
      clusterId,
      voters: member.wipes === 0 ? this.#voters : [],
      incarnationId: randomUuid(this.random),
      directoryId: `${'0'.repeat(29)}${member.wipes}d${id}`,
      listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9_090 + 2 * id, securityProtocol: 0 }],
      features: [
        { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 },
        { name: 'eligible.leader.replicas.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
      ],
      rack: null,
      previousBrokerEpoch: member.cleanShutdownEpoch,
      config: createBrokerConfig(settings),
    }
    member.cleanShutdownEpoch = -1
    return new QuorumNode(options, this.#env(member), deadlines, {
      send: (to, message) => this.#send(id, to, message),
      sync: (path, done) => this.#sync(member, path, done),
      imageChanged: () => this.#checkImage(id, member.node?.image),
      event: (event) => this.#event(id, event),
    })
  }

  #env(member: Member): Env {
    return {
      wallMs: () => Math.floor(wallMsAtStart + this.nowMs),
      monotonicMs: () => this.nowMs,
      random: this.random,
      disk: member.disk,
      crc32c: (bytes, from, to) => crc32c(bytes.subarray(from, to)),
      compress: (_, block) => block,
      decompress: () => {
        throw new Error('metadata is not compressed')
      },
      openPeerFile: () => {
        throw new Error('metadata comes by message')
      },
    }
  }

  #end(member: Member): void {
    member.node = undefined
    for (const peer of this.members.values()) {
      if (peer.node === undefined) continue
      this.#deliver(member.id, peer.id, peer.life, member.life + 1, () => peer.node!.peerLost(member.id))
    }
    member.life++
  }

  #event(by: number, event: QuorumEvent): void {
    this.events.push({ ...event, atMs: this.nowMs, by })
    if (event.kind !== 'controller-elected') return
    const other = this.#controllers.get(event.epoch) ?? by
    if (other !== by) throw new Error(`epoch ${event.epoch} has controllers ${other} and ${by}\n${this.log()}`)
    this.#controllers.set(event.epoch, by)
  }

  /** Brokers that have replayed as much have the same image, and no image says what may not be. */
  #checkImage(by: number, image: MetadataImage | undefined): void {
    if (image === undefined) return
    const content = JSON.stringify([[...image.topics.values()], [...image.brokers.values()], image.nextProducerId])
    const known = this.#images.get(image.endOffset) ?? content
    if (known !== content) throw new Error(`broker ${by} has another image at ${image.endOffset}\n${this.log()}`)
    this.#images.set(image.endOffset, content)
    for (const { topic, partition } of image.partitions()) {
      const { leader, isr, replicas, leaderEpoch, eligibleLeaderReplicas: elr } = partition
      const isSound =
        isr.every((id) => replicas.includes(id) && !elr.includes(id)) && (leader === -1 || isr.includes(leader))
      const key = `${topic.id} ${partition.partition} ${leaderEpoch}`
      const other = this.#leaders.get(key) ?? leader
      if (!isSound || other !== leader) throw new Error(`${topic.name}: ${JSON.stringify(partition)}\n${this.log()}`)
      this.#leaders.set(key, leader)
    }
  }

  /** What is in the file now will survive; what is written meanwhile may not. */
  #sync(member: Member, path: string, done: () => void): void {
    const { life, disk } = member
    const content = disk.read(path) ?? new Uint8Array(0)
    this.#later(this.syncMs(), () => {
      if (member.life !== life || member.node === undefined) return
      const file = disk.file(path, true)!
      file.synced = content
      done()
    })
  }

  #send(from: number, to: number, message: QuorumMessage): void {
    const copy = structuredClone(message)
    const target = this.members.get(to)!
    this.#deliver(from, to, target.life, this.members.get(from)!.life, () => {
      if (!this.#cuts.has(`${from}>${to}`)) target.node!.receive(from, copy)
    })
  }

  /** In order per link, as a port delivers; void once either end has died. */
  #deliver(from: number, to: number, toLife: number, fromLife: number, run: () => void): void {
    const link = `${from}>${to}`
    const atMs = Math.max(this.nowMs + this.latencyMs(), this.#arrivals.get(link) ?? 0)
    this.#arrivals.set(link, atMs)
    this.#later(atMs - this.nowMs, () => {
      const target = this.members.get(to)!
      const { life, orderlyLife } = this.members.get(from)!
      if (target.node !== undefined && target.life === toLife && (fromLife === life || fromLife === orderlyLife)) run()
    })
  }

  #later(delayMs: number, run: () => void): void {
    const happening = { atMs: this.nowMs + delayMs, run }
    const index = this.#happenings.findLastIndex(({ atMs }) => atMs <= happening.atMs)
    this.#happenings.splice(index + 1, 0, happening)
  }

  #nextMs(): number {
    const ticks = [...this.members.values()].map(({ node, deadlines }) =>
      node === undefined ? Infinity : deadlines.nextMs,
    )
    return Math.max(this.nowMs, Math.min(this.#happenings[0]?.atMs ?? Infinity, ...ticks))
  }

  #runNext(): void {
    this.nowMs = this.#nextMs()
    const happening = this.#happenings[0]
    if (happening !== undefined && happening.atMs <= this.nowMs) {
      this.#happenings.shift()
      happening.run()
      return
    }
    for (const { node, deadlines } of this.members.values()) if (node !== undefined) deadlines.run(this.nowMs)
  }
}
