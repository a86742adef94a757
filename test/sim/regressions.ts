/**
 * Seeds that find a bug that was really there, with what it was. They are run with every test. The same bugs stand in `bugs/`, so
 * that `npm run sim -- --mutants` shows whether these seeds still mean what they meant: a changed plan changes them.
 */
export const regressions: readonly { readonly seed: number; readonly bug: string; readonly found: string }[] = [
  {
    seed: 39,
    bug: 'lead-in-an-earlier-life',
    found: 'a restarted broker led on what its earlier life was elected for, with a log that had become shorter',
  },
  {
    seed: 51,
    bug: 'answer-another-life',
    found: 'a broker took the answer to its earlier life’s registration for its own, and never served',
  },
]
