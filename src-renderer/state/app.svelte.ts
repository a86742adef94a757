import { createContext } from 'svelte'
import type { AppInfo } from '../../src-main/contract/contract.ts'
import type { MessageDetail } from '../../src-main/contract/messages.ts'
import type { TopicConfig } from '../../src-main/contract/topics.ts'
import type { ChannelStatus } from '../api/channel.ts'
import type { Client } from '../api/client.ts'
import { Clock } from './clock.svelte.ts'
import { Cluster } from './cluster.svelte.ts'
import { Groups } from './groups.svelte.ts'
import { MessageList } from './messages.svelte.ts'
import { Preferences } from './preferences.svelte.ts'
import { Draft } from './produce.svelte.ts'
import { Pulse } from './pulse.svelte.ts'
import { Router } from './router.svelte.ts'
import { Samples } from './samples.svelte.ts'
import { Toasts } from './toasts.svelte.ts'
import { Topics } from './topics.svelte.ts'

/** What floats above the page. One at a time. */
export type Dialog =
  | { readonly kind: 'palette' }
  | { readonly kind: 'connect' }
  | { readonly kind: 'defaults' }
  | { readonly kind: 'shortcuts' }
  | { readonly kind: 'events' }
  | { readonly kind: 'create-topic' }
  | { readonly kind: 'samples' }
  | { readonly kind: 'remove-broker'; readonly brokerId: number }
  | { readonly kind: 'delete-topic'; readonly topic: string }
  | { readonly kind: 'edit-config'; readonly topic: string; readonly config: TopicConfig }
  | { readonly kind: 'add-partitions'; readonly topic: string }
  | { readonly kind: 'delete-records'; readonly topic: string }
  | { readonly kind: 'delete-group'; readonly groupId: string }
  | { readonly kind: 'produce'; readonly topic: string }

const groupsEveryMs = 3000
const listsKept = 12

/** Everything the window knows, handed down by context. */
export class App {
  readonly client: Client
  readonly router = new Router()
  readonly clock = new Clock()
  readonly preferences = new Preferences()
  readonly toasts = new Toasts()
  readonly cluster: Cluster
  readonly pulse: Pulse
  readonly topics: Topics
  readonly groups: Groups
  readonly samples: Samples
  status = $state<ChannelStatus>('connecting')
  info = $state.raw<AppInfo | null>(null)
  dialog = $state.raw<Dialog | null>(null)
  /** Grows when the host came back: pages ask again. */
  connection = $state(0)
  readonly #lists = new Map<string, MessageList>()
  readonly #drafts = new Map<string, Draft>()
  #groupsTimer: ReturnType<typeof setInterval> | undefined

  constructor(client: Client) {
    this.client = client
    this.cluster = new Cluster(client, this.toasts)
    this.pulse = new Pulse(client)
    this.topics = new Topics(client)
    this.groups = new Groups(client)
    this.samples = new Samples(client)
  }

  start(): void {
    this.router.start()
    this.clock.start()
    this.client.on('cluster', (view) => {
      this.cluster.pushed(view)
      this.clock.follow(view.atMs)
    })
    this.client.on('pulse', (event) => this.pulse.add(event))
    this.client.on('changed', ({ what }) => void (what === 'topics' ? this.topics.load() : this.groups.load()))
    this.client.onStatus((status) => {
      this.status = status
      if (status === 'open') void this.#load()
    })
    this.#groupsTimer = setInterval(() => {
      if (this.status === 'open' && !document.hidden) void this.groups.load()
    }, groupsEveryMs)
  }

  stop(): void {
    this.router.stop()
    this.clock.stop()
    clearInterval(this.#groupsTimer)
    for (const list of this.#lists.values()) list.tail.stop()
  }

  /** The message list of a topic, as it was left; the longest unvisited is given up. */
  messages(topic: string): MessageList {
    const list =
      this.#lists.get(topic) ?? lasting(() => new MessageList(this.client, topic, () => this.preferences.zone))
    this.#lists.delete(topic)
    this.#lists.set(topic, list)
    const [oldest] = this.#lists.keys()
    if (this.#lists.size > listsKept && oldest !== undefined) this.#lists.delete(oldest)
    return list
  }

  draft(topic: string): Draft {
    const draft = this.#drafts.get(topic) ?? lasting(() => new Draft(this.client, topic))
    this.#drafts.set(topic, draft)
    return draft
  }

  produce(topic: string, like?: MessageDetail): void {
    if (like !== undefined) this.draft(topic).copyFrom(like)
    this.dialog = { kind: 'produce', topic }
  }

  async #load(): Promise<void> {
    this.connection += 1
    try {
      const [info] = await Promise.all([
        this.client.api['app.info'](),
        this.cluster.load(),
        this.pulse.reload(this.clock.now - this.pulse.windowMs),
        this.topics.load(),
        this.groups.load(),
      ])
      this.info = info
    } catch (error) {
      this.toasts.fail(error)
    }
  }
}

/** Made outside the component that asked first: its end would be the end of the derived values in it. */
function lasting<T>(make: () => T): T {
  let made: T | undefined
  $effect.root(() => {
    made = make()
  })
  return made as T
}

export const [useApp, provideApp] = createContext<App>()
