// Disks that are slow, full, or fail to read or write now and then.
import { DiskError } from '../../../src-broker/base/disk.ts'
import { integerBelow } from '../../../src-broker/base/random.ts'
import type { Machine } from '../machine.ts'
import { between, chance, pick } from '../randoms.ts'
import { noDiskFaults } from '../sim-disk.ts'
import type { Fault, Trouble } from './trouble.ts'

export const slowDisk: Fault = (trouble, target) => {
  const { random } = trouble
  const stallMs = between(random, 1, 60)
  target.syncMs = between(random, 20, 2_000)
  target.disk.faults = {
    freeBytes: Infinity,
    before: (operation) => {
      if (operation !== 'read' && chance(random, 0.2)) target.stall(stallMs)
    },
  }
  trouble.lasts(between(random, 500, 6_000), () => {
    target.syncMs = 1
    works(trouble, target)
  })
  return true
}

export const fullDisk: Fault = (trouble, target) => {
  target.disk.faults = { before: () => {}, freeBytes: integerBelow(trouble.random, 20_000), isDeadly: true }
  trouble.lasts(between(trouble.random, 500, 6_000), () => works(trouble, target))
  return true
}

/** A sync that fails loses what it was to keep: that is a case for data-loss.ts. */
export const diskError: Fault = (trouble, target) => {
  const { random } = trouble
  const share = between(random, 0.002, 0.05)
  const failing = pick(random, ['read', 'write'] as const)
  target.disk.faults = {
    freeBytes: Infinity,
    isDeadly: true,
    before: (operation, path) => {
      if (operation === failing && chance(random, share)) throw new DiskError('EIO', path)
    },
  }
  trouble.lasts(between(random, 300, 3_000), () => works(trouble, target))
  return true
}

export function works(trouble: Trouble, target: Machine): void {
  target.disk.faults = noDiskFaults
  if (!target.isUp) trouble.restartLater(target)
}
