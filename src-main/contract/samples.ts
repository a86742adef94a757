export interface SampleSet {
  readonly name: string
  readonly topic: string
  readonly title: string
  readonly recordCount: number
  /** What the key is made of: `origin airport`. */
  readonly keyedBy: string
}

export interface SampleProgress {
  readonly sets: readonly {
    readonly name: string
    readonly topic: string
    readonly acknowledged: number
    readonly total: number
    readonly error: string | null
  }[]
  readonly isDone: boolean
  /** Stopped before all was sent. What was on its way then may have arrived without being counted. */
  readonly isCancelled: boolean
}
