/** Where chance comes from: a seeded stream per broker, so that a simulated run can be repeated. Returns [0, 1). */
export type Random = () => number

/** mulberry32: 32 bits of state, good enough to spread timers and placements, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function integerBelow(random: Random, bound: number): number {
  return Math.floor(random() * bound)
}
