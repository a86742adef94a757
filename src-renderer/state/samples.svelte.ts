import type { SampleProgress, SampleSet } from '../../src-main/contract/samples.ts'
import type { Client } from '../api/client.ts'
import { type Explained, explain } from './toasts.svelte.ts'

export class Samples {
  sets = $state.raw<readonly SampleSet[] | null>(null)
  chosen = $state.raw<ReadonlySet<string>>(new Set())
  progress = $state.raw<SampleProgress | null>(null)
  isLoading = $state(false)
  error = $state.raw<Explained | null>(null)
  readonly chosenSets = $derived(this.sets?.filter((set) => this.chosen.has(set.name)) ?? [])
  readonly chosenRecords = $derived(this.chosenSets.reduce((sum, set) => sum + set.recordCount, 0))
  readonly #api: Client['api']

  constructor(client: Client) {
    this.#api = client.api
    client.on('samples', (progress) => {
      this.progress = progress
    })
  }

  async list(): Promise<void> {
    if (this.sets !== null) return
    try {
      this.sets = await this.#api['samples.list']()
      this.chosen = new Set(this.sets.map((set) => set.name))
      this.error = null
    } catch (error) {
      this.error = explain(error)
    }
  }

  toggle(name: string): void {
    const chosen = new Set(this.chosen)
    if (!chosen.delete(name)) chosen.add(name)
    this.chosen = chosen
  }

  /** `load` ends with what is there by then. */
  async cancel(): Promise<void> {
    try {
      await this.#api['samples.cancel']()
    } catch (error) {
      this.error = explain(error)
    }
  }

  /** Resolves to true when every record was acknowledged. */
  async load(): Promise<boolean> {
    this.isLoading = true
    this.error = null
    this.progress = null
    try {
      this.progress = await this.#api['samples.load']({ names: [...this.chosen] })
      return !this.progress.isCancelled && this.progress.sets.every((set) => set.error === null)
    } catch (error) {
      this.error = explain(error)
      return false
    } finally {
      this.isLoading = false
    }
  }
}
