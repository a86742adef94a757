import type { MessageDetail, MessagePage, MessageQuery, MessageRow } from '../../src-main/contract/messages.ts'
import type { Client } from '../api/client.ts'
import { parseTime, type Zone } from '../lib/time.ts'
import { rowKey } from './row-key.ts'
import { Tail } from './tail.svelte.ts'
import { type Explained, explain } from './toasts.svelte.ts'

export type Start = 'newest' | 'oldest' | 'offset' | 'timestamp'

/** What reading cost so far, over all pages of one question. */
export interface Scan {
  readonly records: number
  readonly bytes: number
  readonly tookMs: number
  readonly stopped: MessagePage['stopped']
  /** What was looked for; empty where all was taken. */
  readonly contains: string
  readonly unreadOffsets: number | null
  /** Partitions that could not be read: what is shown lacks them. */
  readonly unreachable: MessagePage['unreachable']
}

const pageLimit = 200

export class MessageList {
  readonly topic: string
  readonly tail: Tail
  start = $state<Start>('newest')
  offsetText = $state('')
  timeText = $state('')
  partitions = $state.raw<readonly number[] | null>(null)
  contains = $state('')
  error = $state.raw<Explained | null>(null)
  scan = $state.raw<Scan | null>(null)
  isLoading = $state(false)
  selectedKey = $state<string | null>(null)
  detail = $state.raw<MessageDetail | null>(null)
  detailError = $state.raw<Explained | null>(null)
  #page = $state.raw<readonly MessageRow[]>([])
  #cursor = $state.raw<string | null>(null)
  #question = 0
  readonly #client: Client
  readonly #zone: () => Zone

  readonly rows = $derived.by(() => (this.tail.rows.length === 0 ? this.#page : [...this.tail.rows, ...this.#page]))
  readonly canContinue = $derived(this.#cursor !== null)
  readonly selected = $derived(this.rows.find((row) => rowKey(row) === this.selectedKey) ?? null)
  readonly from = $derived<MessageQuery['from'] | null>(this.#from())
  /** Why the question cannot be asked, or null. */
  readonly invalid = $derived(
    this.from !== null
      ? null
      : this.start === 'offset'
        ? this.offsetText === ''
          ? 'Type the offset to read from'
          : 'An offset is a whole number'
        : this.timeText === ''
          ? 'Type the time to read from'
          : 'A time is 2026-11-21 09:30, or milliseconds since 1970',
  )

  constructor(client: Client, topic: string, zone: () => Zone) {
    this.#client = client
    this.topic = topic
    this.#zone = zone
    this.tail = new Tail(client, topic)
  }

  /** Asks from the start. An older answer that comes late is dropped. */
  async load(): Promise<void> {
    const from = this.from
    if (from === null) return this.#clear()
    if (this.tail.state !== 'off' && this.start === 'newest') return this.goLive()
    this.tail.stop()
    await this.#ask(from, true)
  }

  /** Reads on where the last page ended. */
  async more(): Promise<void> {
    if (this.#cursor === null || this.isLoading) return
    await this.#ask({ kind: 'cursor', cursor: this.#cursor }, false)
  }

  /** Leaves the answer of a running question unread. */
  abandon(): void {
    this.#question += 1
    this.isLoading = false
  }

  /** First the tail, then the page: what arrives between the two is in both, and shown once. */
  async goLive(): Promise<void> {
    this.start = 'newest'
    try {
      await this.tail.start(this.partitions, this.contains)
    } catch (error) {
      this.error = explain(error)
      return
    }
    await this.#ask({ kind: 'newest' }, true)
  }

  async show(row: MessageRow): Promise<void> {
    const key = rowKey(row)
    if (this.selectedKey === key) return
    this.selectedKey = key
    this.detail = null
    this.detailError = null
    if (!hasContents(row)) return
    try {
      const { partition, offset } = row
      const detail = await this.#client.api['messages.detail']({ topic: this.topic, partition, offset })
      if (this.selectedKey === key) this.detail = detail
    } catch (error) {
      if (this.selectedKey === key) this.detailError = explain(error)
    }
  }

  close(): void {
    this.selectedKey = null
    this.detail = null
  }

  /** A question that cannot be asked has no rows, least of all those of the question before. */
  #clear(): void {
    this.abandon()
    this.tail.stop()
    this.close()
    this.#page = []
    this.#cursor = null
    this.scan = null
    this.error = null
  }

  async #ask(from: MessageQuery['from'], isNew: boolean): Promise<void> {
    this.#question += 1
    const question = this.#question
    this.isLoading = true
    this.error = null
    if (isNew) this.#cursor = null
    try {
      const { topic, partitions, contains } = this
      const page = await this.#client.api['messages.page']({ topic, partitions, from, limit: pageLimit, contains })
      if (question === this.#question) this.#take(page, isNew, contains)
    } catch (error) {
      if (question === this.#question) this.error = explain(error)
    }
    if (question === this.#question) this.isLoading = false
  }

  #take(page: MessagePage, isNew: boolean, contains: string): void {
    const live = new Set(this.tail.rows.map(rowKey))
    const rows = page.rows.filter((row) => !live.has(rowKey(row)))
    this.#page = isNew ? rows : [...this.#page, ...rows]
    this.tail.known = new Set(this.#page.slice(0, pageLimit).map(rowKey))
    this.#cursor = page.nextCursor
    const before = isNew ? null : this.scan
    this.scan = {
      records: (before?.records ?? 0) + page.scannedRecords,
      bytes: (before?.bytes ?? 0) + page.scannedBytes,
      tookMs: (before?.tookMs ?? 0) + page.tookMs,
      stopped: page.stopped,
      contains,
      unreadOffsets: page.unreadOffsets,
      unreachable: page.unreachable,
    }
  }

  #from(): MessageQuery['from'] | null {
    if (this.start === 'offset') {
      const digits = this.offsetText.replace(/[,\s]/g, '')
      return /^\d{1,15}$/.test(digits) ? { kind: 'offset', offset: Number(digits) } : null
    }
    if (this.start === 'timestamp') {
      const timestampMs = parseTime(this.timeText, this.#zone())
      return timestampMs === null ? null : { kind: 'timestamp', timestampMs }
    }
    return { kind: this.start }
  }
}

/** A marker of the cluster has nothing to look into. */
export const hasContents = ({ kind }: MessageRow): boolean => kind === 'record' || kind === 'unreadable'
