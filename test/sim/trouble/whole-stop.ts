// All are stopped and start again, as when somebody quits the app and opens it later: most in order, some killed, or one without power.
import { isWhole } from '../health.ts'
import type { Machine } from '../machine.ts'
import { between, chance, pick } from '../randoms.ts'
import type { Fault, Trouble } from './trouble.ts'

/** Until nothing else goes wrong for so long after it, whatever it meets is its own doing. */
const aloneMs = 5_000
const watchEveryMs = 2

export const wholeStop: Fault = (trouble, target) => {
  const { cluster, random, world } = trouble
  if (!cluster.machines.every(({ isServing, isPaused }) => isServing && !isPaused)) return false
  if (!isWhole(cluster) && chance(random, 0.5)) return false
  // What one power loss takes the others have, if they stop in order: a disk that is full or fails would not let them.
  const unpowered = trouble.isCalm && chance(random, 0.35) ? target : undefined
  const release = trouble.guard(30_000)
  const machines = [...cluster.machines]
  const lives = new Map(machines.map((machine) => [machine, machine.life]))
  // Some may end otherwise than they were told to, and some only when the trouble is over.
  const watch = (): void => {
    if (machines.some((machine) => machine.life === lives.get(machine))) return void world.after(watchEveryMs, watch)
    startAll(trouble, machines)
    if (unpowered === undefined && !trouble.isOver && chance(random, 0.6)) killAmidTheStart(trouble, machines)
    world.after(aloneMs, release)
  }
  for (const machine of machines) {
    if (machine !== unpowered && (unpowered !== undefined || chance(random, 0.75))) {
      machine.stop(pick(random, [5_000, 5_000, 50, 0]), () => {})
      continue
    }
    world.after(between(random, 0, pick(random, [10, 100, 300])), () => {
      if (machine === unpowered) machine.losePower(false)
      else machine.kill()
    })
  }
  watch()
  return true
}

/** Together, or some of them late. */
function startAll(trouble: Trouble, machines: readonly Machine[]): void {
  const { random } = trouble
  const isStraggling = chance(random, 0.4)
  for (const machine of machines) {
    const withinMs = isStraggling && chance(random, 0.4) ? 2_500 : pick(random, [3, 30, 200])
    trouble.restartLater(machine, between(random, 0, withinMs))
  }
}

function killAmidTheStart(trouble: Trouble, machines: readonly Machine[]): void {
  const { random } = trouble
  for (let times = pick(random, [1, 2]); times > 0; times--) {
    const victim = pick(random, machines)
    trouble.after(between(random, 1, pick(random, [20, 150, 400])), () =>
      trouble.crash(victim, between(random, 1, 600)),
    )
  }
}
