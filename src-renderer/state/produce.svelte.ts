import type {
  MessageDetail,
  Payload,
  PayloadInput,
  ProduceOutcome,
  ProduceRequest,
} from '../../src-main/contract/messages.ts'
import type { Client } from '../api/client.ts'
import { cleanHex } from '../lib/hex.ts'
import { type Explained, explain } from './toasts.svelte.ts'

/** A content being written. Text and hex stay when the kind changes, so that a look at Null loses nothing. */
export class PayloadDraft {
  kind = $state<PayloadInput['kind']>('text')
  text = $state('')
  readonly invalid = $derived(this.kind === 'hex' && cleanHex(this.text) === null ? 'Hex digits come in pairs.' : null)

  constructor(kind: PayloadInput['kind'] = 'text', text = '') {
    this.kind = kind
    this.text = text
  }

  input(): PayloadInput {
    if (this.kind === 'hex') return { kind: 'hex', hex: cleanHex(this.text) ?? '' }
    return this.kind === 'text' ? { kind: 'text', text: this.text } : { kind: this.kind }
  }
}

export class HeaderDraft {
  readonly id: number
  key = $state('')
  readonly value: PayloadDraft

  constructor(id: number, key = '', value = new PayloadDraft()) {
    this.id = id
    this.key = key
    this.value = value
  }
}

/** A message being written; it keeps its contents after it was sent. One per topic for as long as the window is open. */
export class Draft {
  readonly topic: string
  key = $state.raw(new PayloadDraft())
  value = $state.raw(new PayloadDraft())
  headers = $state.raw<readonly HeaderDraft[]>([])
  /** Null: by key. */
  partition = $state<number | null>(null)
  isSending = $state(false)
  error = $state.raw<Explained | null>(null)
  sent = $state.raw<readonly ProduceOutcome[]>([])
  readonly isValid = $derived(
    this.key.invalid === null &&
      this.value.invalid === null &&
      this.headers.every((header) => header.value.invalid === null),
  )
  readonly #api: Client['api']
  #lastHeaderId = 0

  constructor(client: Client, topic: string) {
    this.#api = client.api
    this.topic = topic
  }

  addHeader(key = '', value = new PayloadDraft()): void {
    this.#lastHeaderId += 1
    this.headers = [...this.headers, new HeaderDraft(this.#lastHeaderId, key, value)]
  }

  removeHeader(id: number): void {
    this.headers = this.headers.filter((header) => header.id !== id)
  }

  /** Takes over what an existing message holds, byte for byte. */
  copyFrom(message: MessageDetail): void {
    this.key = drafted(message.key, message.keyHex)
    this.value = drafted(message.value, message.valueHex)
    this.headers = []
    for (const header of message.headers) this.addHeader(header.key, drafted(header.value, null))
  }

  async send(): Promise<boolean> {
    if (!this.isValid || this.isSending) return false
    this.isSending = true
    this.error = null
    try {
      const request: ProduceRequest = {
        topic: this.topic,
        partition: this.partition,
        key: this.key.input(),
        value: this.value.input(),
        headers: this.headers.map((header) => ({ key: header.key, value: header.value.input() })),
      }
      this.sent = [await this.#api['messages.produce'](request), ...this.sent].slice(0, 20)
      return true
    } catch (error) {
      this.error = explain(error)
      return false
    } finally {
      this.isSending = false
    }
  }
}

function drafted(payload: Payload, hex: string | null): PayloadDraft {
  if (payload.kind === 'null' || payload.kind === 'empty') return new PayloadDraft(payload.kind)
  if (payload.kind === 'binary') return new PayloadDraft('hex', hex ?? payload.hex)
  return new PayloadDraft('text', payload.text)
}
