// Builds a bug into the product while its modules are loaded: the sources stay as they are. One small change of one file's
// text, before Node strips its types.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

export interface Bug {
  readonly name: string
  /** What it breaks, in words. */
  readonly about: string
  /** Path in the repository. */
  readonly file: string
  /** Stands exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** The simulator finds it within so many seeds, from seed 1 on. */
  readonly within: number
}

const root = new URL('../../', import.meta.url)

/** Throws where the file has changed so that the bug cannot be built in any more. */
export function withBug(bug: Bug, source: string): string {
  const times = source.split(bug.find).length - 1
  if (times !== 1) throw new Error(`${bug.name}: ${bug.file} has ${times} times ${JSON.stringify(bug.find)}, not once`)
  return source.replace(bug.find, () => bug.replace)
}

export const sourceOf = (bug: Bug): string => readFileSync(new URL(bug.file, root), 'utf8')

export function buildIn(bug: Bug): void {
  const target = new URL(bug.file, root).href
  const source = withBug(bug, sourceOf(bug))
  registerHooks({
    load: (url, context, nextLoad) =>
      url === target ? { format: 'module-typescript', source, shortCircuit: true } : nextLoad(url, context),
  })
}
