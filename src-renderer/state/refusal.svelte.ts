import { onDestroy } from 'svelte'
import { type Explained, explain, type Toasts } from './toasts.svelte.ts'

/** What was refused: told in the dialog that asked for it or, where that has been left meanwhile, beside whatever is open. */
export class Refusal {
  told = $state.raw<Explained | null>(null)
  isLeft = false
  readonly #toasts: Toasts

  /** Only while the dialog is being made. */
  constructor(toasts: Toasts) {
    this.#toasts = toasts
    onDestroy(() => {
      this.isLeft = true
    })
  }

  tell(error: unknown): void {
    if (this.isLeft) this.#toasts.fail(error)
    else this.told = explain(error)
  }

  clear(): void {
    this.told = null
  }
}
