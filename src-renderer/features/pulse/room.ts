// The room that the labels of one lane share, in pixels.

export interface Label {
  readonly text: string
  /** `inside`: on the span that begins here, where there is no room before it. */
  readonly anchor: 'start' | 'end' | 'inside'
  readonly widthMax: number
}
/** Between a mark and its label, and behind the label. */
export const gap = 6
/** Of a text that is cut less than this says nothing. */
const labelWidthMin = 72

/** What is free of a lane. Walls stand at marks and at the edges of spans. */
export class Room {
  readonly #walls: readonly number[]
  readonly #taken: [from: number, to: number][] = []

  constructor(width: number, walls: readonly number[]) {
    this.#walls = [...walls, 0, width]
  }

  take(from: number, to: number): boolean {
    if (this.#walls.some((wall) => wall > from && wall < to)) return false
    if (this.#taken.some(([start, end]) => start < to && end > from)) return false
    this.#taken.push([from, to])
    return true
  }

  /** `isOpening`: the span begins at x, so that its name stands before it, or else on it. */
  place(text: string, x: number, width: number, isOpening: boolean, isOnSpan: boolean): Label | null {
    const right = this.#free(x, 1)
    const left = this.#free(x, -1)
    const onRight = isOnSpan ? 'inside' : 'start'
    if (isOpening) {
      if (left >= width) return this.#put(text, x, 'end', width)
      return right >= width + gap ? this.#put(text, x, 'inside', width + gap) : null
    }
    if (right >= width) return this.#put(text, x, onRight, width)
    // To the left of the first mark on a span lies the lane; of a later one, the span.
    if (left >= width && !isOnSpan) return this.#put(text, x, 'end', width)
    if (right >= labelWidthMin) return this.#put(text, x, onRight, right)
    return left >= labelWidthMin && !isOnSpan ? this.#put(text, x, 'end', left) : null
  }

  #put(text: string, x: number, anchor: Label['anchor'], widthMax: number): Label {
    this.#taken.push(anchor === 'end' ? [x - gap - widthMax, x] : [x, x + gap + widthMax])
    return { text, anchor, widthMax }
  }

  /** From x up to the next wall or label, less the gaps at both ends. */
  #free(x: number, direction: 1 | -1): number {
    const edges = [...this.#walls, ...this.#taken.flat()].map((edge) => (edge - x) * direction)
    const covers = this.#taken.some(([from, to]) => (direction === 1 ? from <= x && to > x : from < x && to >= x))
    const next = Math.min(...edges.filter((distance) => distance > 0))
    return covers || next === Infinity ? 0 : next - 2 * gap
  }
}
