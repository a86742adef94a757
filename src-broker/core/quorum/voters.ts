// Who votes in the quorum (KIP-853). The voters are what the last VotersRecord in the log says, committed or not: each replica
// goes by its own log. A voter is a broker *and* its directory, so that a broker whose disk was lost is none, whatever its id.
import type { Uuid } from '../../base/uuid.ts'

export interface Voter {
  readonly id: number
  readonly directoryId: Uuid
  readonly endpoints: readonly VoterEndpoint[]
}

export interface VoterEndpoint {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface VoterSet {
  /** Of the record that says so; of a snapshot's set the last offset that the snapshot covers. */
  readonly offset: number
  readonly voters: readonly Voter[]
  /** The set before it, which counts again where the record is cut off. */
  readonly previous: readonly Voter[]
}

/** The sets that the log names, oldest first, so that cutting the log off brings back the one before. */
export class VoterHistory {
  #sets: VoterSet[] = []

  get latest(): VoterSet | undefined {
    return this.#sets.at(-1)
  }

  /** The set that held for whoever had replayed up to `offset`. */
  before(offset: number): VoterSet | undefined {
    return this.#sets.findLast((set) => set.offset < offset)
  }

  add({ offset, voters }: Omit<VoterSet, 'previous'>): void {
    this.#sets.push({ offset, voters, previous: this.latest?.voters ?? [] })
  }

  truncateTo(offset: number): void {
    this.#sets = this.#sets.filter((set) => set.offset < offset)
  }

  /** Nobody will cut the log off before `offset` any more. */
  forgetBefore(offset: number): void {
    const held = this.before(offset)
    this.#sets = this.#sets.filter((set) => set === held || set.offset >= offset)
  }

  clear(): void {
    this.#sets = []
  }
}
