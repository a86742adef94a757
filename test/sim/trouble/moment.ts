// Trouble that waits for the moment at which the settings promise to survive it, or at which nothing else is in its way.
import type { Trouble } from './trouble.ts'

/** How long it waits. */
export const safeWithinMs = 15_000

/** And how often it looks. */
export const safeEveryMs = 50

/** `strike` says when all is mended again, or undefined where it has to wait; until then nothing else goes wrong. */
export function whenSafe(trouble: Trouble, strike: () => (() => boolean) | undefined): void {
  const untilMs = trouble.world.nowMs + safeWithinMs
  let isMended: (() => boolean) | undefined
  const waits = (): boolean => (isMended === undefined ? trouble.world.nowMs > untilMs : isMended())
  trouble.isMended = waits
  const isDone = (): boolean => {
    if (trouble.isMended !== waits) return true
    isMended = strike()
    return isMended !== undefined
  }
  trouble.when(isDone, safeWithinMs, () => {}, safeEveryMs)
}

/** Everything is well, and so it is this that matters: `play` returns how long it takes, or undefined where it cannot. */
export function whenCalm(trouble: Trouble, play: () => number | undefined): void {
  const { world } = trouble
  whenSafe(trouble, () => {
    if (!trouble.isCalm) return undefined
    const ms = play()
    if (ms === undefined) return () => true
    const untilMs = world.nowMs + ms
    return () => world.nowMs > untilMs
  })
}
