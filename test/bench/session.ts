// What every program of the bench does first and last.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bench } from './measure.ts'
import type { Cell } from './plan.ts'
import { machine, resultTables } from './report.ts'
import { measureCell, type Result, warmUp } from './rounds.ts'
import type { Subject } from './subject.ts'
import { findYardsticks, type Yardsticks } from './yardsticks.ts'

export interface Session {
  /** Goes with the process. */
  readonly folder: string
  readonly yardsticks: Yardsticks
  readonly bench: Bench
}

export function openSession(): Session {
  const folder = mkdtempSync(join(tmpdir(), 'pressroom-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const yardsticks = findYardsticks(folder)
  return { folder, yardsticks, bench: new Bench(yardsticks, folder) }
}

/** Stops the subjects when done. */
export async function measureCells(
  { bench }: Session,
  cells: readonly Cell[],
  subjects: readonly Subject[],
  { rounds, warmUpSeconds }: { readonly rounds: number; readonly warmUpSeconds: number },
): Promise<Result[]> {
  progress('warming up')
  for (const subject of subjects) await warmUp(bench, subject, warmUpSeconds)
  const results: Result[] = []
  for (const cell of cells) {
    progress(`${cell.part}: ${cell.title}`)
    results.push(await measureCell(bench, cell, subjects, rounds))
  }
  for (const subject of subjects) await subject.stop()
  return results
}

export const progress = (text: string): void => console.error(`… ${text}`)

/** For people. */
export const reportOf = (results: readonly Result[], rounds: number): string =>
  `${machine()}\n${new Date().toISOString()}, medians of ${rounds}\n\n${resultTables(results)}`
