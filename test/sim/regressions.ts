import type { FaultKind } from './plan.ts'

/**
 * Bugs that were really there, and that a seed found. They stand in `bugs/`, and each of them has to be found with every test again,
 * within as many seeds as it is promised: which seed it is changes with every change of what a plan draws.
 */
interface Regression {
  readonly bug: string
  readonly found: string
  /** The trouble that brings it about, where chance alone takes too long for every run of the tests. */
  readonly faults?: readonly FaultKind[]
}

export const regressions: readonly Regression[] = [
  {
    bug: 'lead-in-an-earlier-life',
    found: 'a restarted broker led on what its earlier life was elected for, with a log that had become shorter',
    faults: ['crash', 'power-loss'],
  },
  {
    bug: 'answer-another-life',
    found: 'a broker took the answer to its earlier life’s registration for its own, and never served',
    faults: ['restart-storm', 'crash'],
  },
]
