import { RequestFailed } from '../../src-main/contract/rpc.ts'

export interface Toast {
  readonly id: number
  readonly tone: 'info' | 'good' | 'bad'
  readonly text: string
  readonly code: string | null
}

const shownMs = 6000
const shownMax = 4

export class Toasts {
  list = $state.raw<readonly Toast[]>([])
  #lastId = 0

  say(text: string, tone: 'info' | 'good' = 'info'): void {
    const id = this.#add({ tone, text, code: null })
    setTimeout(() => this.dismiss(id), shownMs)
  }

  /** Stays until dismissed: an error that leaves on its own was never said. */
  fail(error: unknown): void {
    const { text, code } = explain(error)
    if (this.list.some((toast) => toast.text === text)) return
    this.#add({ tone: 'bad', text, code })
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id)
  }

  #add(toast: Omit<Toast, 'id'>): number {
    this.#lastId += 1
    this.list = [...this.list, { ...toast, id: this.#lastId }].slice(-shownMax)
    return this.#lastId
  }
}

export interface Explained {
  readonly text: string
  readonly code: string | null
}

/** One sentence, and the name a search engine knows. Never a stack. */
export function explain(error: unknown): Explained {
  if (error instanceof RequestFailed) return { text: error.message, code: error.code }
  return { text: error instanceof Error ? error.message : String(error), code: null }
}
