// Processes that die, hang, or are stopped in an orderly way: the page cache keeps what they wrote.
import { integerBelow } from '../../../src-broker/base/random.ts'
import type { Machine } from '../machine.ts'
import { between, chance } from '../randoms.ts'
import type { Fault, Trouble } from './trouble.ts'

export const crash: Fault = (trouble, target) => {
  for (const machine of chance(trouble.random, 0.15) ? trouble.cluster.running : [target]) trouble.crash(machine)
  return true
}

export const restartStorm: Fault = (trouble, target) => {
  storm(trouble, target, 2 + integerBelow(trouble.random, 4))
  return true
}

function storm(trouble: Trouble, machine: Machine, times: number): void {
  const { random, world } = trouble
  if (times === 0 || trouble.isOver) return
  const again = (left: number): void => {
    world.after(between(random, 1, 600), () => storm(trouble, machine, left))
  }
  if (trouble.isGuarded) return again(times)
  machine.kill()
  world.after(between(random, 5, 300), () => {
    machine.start()
    again(times - 1)
  })
}

export const cleanStop: Fault = (trouble, target) => {
  if (!target.isServing) return false
  target.stop(5_000, () => trouble.restartLater(target))
  return true
}

export const pause: Fault = (trouble, target) => {
  target.pause()
  trouble.lasts(between(trouble.random, 200, 12_000), () => target.resume())
  return true
}
