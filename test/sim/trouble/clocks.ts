// Clocks that are set, run too fast or too slow, or leap because the laptop slept.
import { between } from '../randoms.ts'
import type { Fault } from './trouble.ts'

export const clockJump: Fault = ({ random }, target) => {
  target.clock.wallOffsetMs = between(random, -1_500_000, 1_500_000)
  return true
}

export const clockDrift: Fault = ({ random }, target) => {
  target.clock.rate = between(random, 0.9, 1.1)
  target.clockChanged()
  return true
}

export const sleep: Fault = ({ cluster, random }) => {
  const ms = between(random, 1_000, 600_000)
  for (const machine of cluster.machines) machine.clock.leap(ms)
  for (const machine of cluster.machines) machine.clockChanged()
  return true
}
