// What goes wrong where committed offsets are not kept as promised.
import type { Bug } from '../mutate.ts'

const coordinatorLog = 'src-broker/core/coordinator-log.ts'

export const groupBugs: readonly Bug[] = [
  {
    name: 'commit-before-replication',
    about: 'a committed offset is acknowledged when the coordinator has it, not when the ISR has it',
    file: coordinatorLog,
    find: 'if (partition.highWatermark >= endOffset) return done(errors.NONE)',
    replace: 'if (partition.highWatermark >= 0) return done(errors.NONE)',
    within: 100,
  },
  {
    name: 'coordinator-loads-nothing',
    about: 'a new coordinator answers before it has read its log',
    file: coordinatorLog,
    find: 'const next = from < to ? this.#loadSome(partition, from, to, groups) : to',
    replace: 'const next = to; if (from > to) this.#loadSome(partition, from, to, groups)',
    within: 100,
  },
  {
    name: 'coordinator-loads-the-first-batch',
    about: 'a new coordinator reads the beginning of its log only',
    file: coordinatorLog,
    find: 'if (next >= to) return',
    replace: 'if (next >= 0) return',
    within: 100,
  },
  {
    name: 'commit-of-any-generation',
    about: 'a member that was overtaken by a rebalance still commits',
    file: 'src-broker/core/group/offsets.ts',
    find: 'if (generation !== group.generation) return errors.ILLEGAL_GENERATION',
    replace: 'if (generation < 0) return errors.ILLEGAL_GENERATION',
    within: 100,
  },
]
