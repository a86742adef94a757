import type { ClusterView, PartitionView, TopicMatrix } from '../../src-main/contract/cluster.ts'
import { roundAbove } from '../lib/scale.ts'
import { byName } from '../lib/sort.ts'

export type MatrixRow =
  | { readonly kind: 'topic'; readonly topic: TopicMatrix; readonly isFolded: boolean }
  | {
      readonly kind: 'partition'
      readonly topic: TopicMatrix
      readonly partition: PartitionView
      /** What a full bar means, in records. */
      readonly scale: number
    }

/** What of the matrix is unfolded. Internal topics start folded; the user's own stand first. */
export class Matrix {
  onlyTrouble = $state(false)
  #folds = $state.raw<ReadonlyMap<string, boolean>>(new Map())

  isFolded(topic: TopicMatrix): boolean {
    return this.#folds.get(topic.topic) ?? topic.isInternal
  }

  fold(topic: string, isFolded: boolean): void {
    this.#folds = new Map(this.#folds).set(topic, isFolded)
  }

  foldAll(view: ClusterView, isFolded: boolean): void {
    this.#folds = new Map(view.topics.map((topic) => [topic.topic, isFolded || topic.isInternal]))
  }

  rows(view: ClusterView): readonly MatrixRow[] {
    return view.topics.toSorted(byPlace).flatMap((topic) => this.#rowsOf(topic))
  }

  #rowsOf(topic: TopicMatrix): readonly MatrixRow[] {
    const partitions = this.onlyTrouble ? topic.partitions.filter(isTroubled) : topic.partitions
    if (partitions.length === 0) return []
    const isFolded = !this.onlyTrouble && this.isFolded(topic)
    const head: MatrixRow = { kind: 'topic', topic, isFolded }
    if (isFolded) return [head]
    const scale = roundAbove(longest(topic))
    return [head, ...partitions.map((partition): MatrixRow => ({ kind: 'partition', topic, partition, scale }))]
  }
}

const byPlace = (a: TopicMatrix, b: TopicMatrix): number =>
  Number(a.isInternal) - Number(b.isInternal) || byName(a.topic, b.topic)

export const isTroubled = (partition: PartitionView): boolean => partition.health !== 'ok'

const longest = (topic: TopicMatrix): number =>
  topic.partitions.reduce((max, p) => p.replicas.reduce((m, replica) => Math.max(m, replica.logEndOffset), max), 0)
