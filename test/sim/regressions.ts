/** Seeds that found something, with what it was. They are run with every test, whatever else is. */
export const regressions: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 39, found: 'a restarted broker led on what its earlier life was elected for, and could never follow again' },
  { seed: 95, found: 'a broker took the answer to its earlier life’s registration for its own, and never served' },
]
