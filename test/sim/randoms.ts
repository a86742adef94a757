import { integerBelow, type Random, seededRandom } from '../../src-broker/base/random.ts'

/** Independent streams of one seed, one for each purpose: what one part draws changes nothing for the others. */
export class Randoms {
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  for(purpose: string): Random {
    let hash = this.#seed ^ 0x811c9dc5
    for (let at = 0; at < purpose.length; at++) hash = Math.imul(hash ^ purpose.charCodeAt(at), 0x01000193)
    const random = seededRandom(hash)
    for (let round = 0; round < 4; round++) random()
    return random
  }
}

export const chance = (random: Random, probability: number): boolean => random() < probability

export const between = (random: Random, from: number, to: number): number => from + random() * (to - from)

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[integerBelow(random, from.length)]!
}

export function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const all = [...from]
  for (let at = all.length - 1; at > 0; at--) {
    const other = integerBelow(random, at + 1)
    const held = all[at]!
    all[at] = all[other]!
    all[other] = held
  }
  return all
}
