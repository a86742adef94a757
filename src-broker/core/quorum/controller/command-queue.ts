// One decision is under way at a time: the next is made only on what has been committed and replayed, so that none builds
// on what may yet be lost.
import type { MetadataRecordInput } from '../records.ts'
import type { Decision, Situation } from './decision.ts'

interface Command {
  decide(situation: Situation): Decision<unknown>
  /** Undefined when leadership went first: nobody knows then whether the records will stay. */
  done(response: unknown): void
}

export class CommandQueue {
  readonly #situation: () => Situation
  /** Returns the offset after the last record; undefined where they could not be written. */
  readonly #append: (records: readonly MetadataRecordInput[]) => number | undefined
  #commands: Command[] = []
  #underWay: { readonly endOffset: number; readonly command: Command; readonly response: unknown } | undefined

  constructor(situation: () => Situation, append: (records: readonly MetadataRecordInput[]) => number | undefined) {
    this.#situation = situation
    this.#append = append
  }

  add<Response>(
    decide: (situation: Situation) => Decision<Response>,
    done: (response: Response | undefined) => void = () => {},
  ): void {
    this.#commands.push({ decide, done: done as (response: unknown) => void })
    this.#next()
  }

  /** Committed records have been replayed up to there. */
  replayedTo(offset: number): void {
    const underWay = this.#underWay
    if (underWay === undefined || offset < underWay.endOffset) return
    this.#underWay = undefined
    underWay.command.done(underWay.response)
    this.#next()
  }

  abandon(): void {
    const abandoned = [...(this.#underWay === undefined ? [] : [this.#underWay.command]), ...this.#commands]
    this.#underWay = undefined
    this.#commands = []
    for (const command of abandoned) command.done(undefined)
  }

  #next(): void {
    while (this.#underWay === undefined) {
      const command = this.#commands.shift()
      if (command === undefined) return
      const { records, response } = command.decide(this.#situation())
      const endOffset = records.length === 0 ? 0 : this.#append(records)
      if (records.length === 0) command.done(response)
      else if (endOffset === undefined) command.done(undefined)
      else this.#underWay = { endOffset, command, response }
    }
  }
}
