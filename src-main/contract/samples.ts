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
}
