// What every program of the bench does first and last.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bench } from './measure.ts'
import type { Cell } from './plan.ts'
import { whyNoCpu } from './process-cost.ts'
import { machine } from './report.ts'
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

interface Plan {
  readonly cells: readonly Cell[]
  readonly subjects: readonly Subject[]
  readonly rounds: number
  readonly warmUpSeconds: number
}

/** Tells of each part when it is done; stops the subjects at the end. */
export async function measureCells(
  { bench }: Session,
  { cells, subjects, rounds, warmUpSeconds }: Plan,
  partDone: (results: readonly Result[]) => void,
): Promise<Result[]> {
  progress('warming up')
  for (const subject of subjects) await warmUp(bench, subject, warmUpSeconds)
  const all: Result[] = []
  for (const ofPart of Map.groupBy(cells, ({ part }) => part).values()) {
    const results: Result[] = []
    for (const cell of ofPart) {
      progress(`${cell.part}: ${cell.title}`)
      results.push(await measureCell(bench, cell, subjects, rounds))
    }
    partDone(results)
    all.push(...results)
  }
  for (const subject of subjects) await subject.stop()
  return all
}

export const progress = (text: string): void => console.error(`… ${text}`)

/** What everything that follows belongs to. */
export const heading = ({ bench, yardsticks }: Session, rounds: number): string =>
  [
    machine(),
    `${new Date().toISOString()}, medians of ${rounds}, up to ${bench.touchMegabytesMax} MB touched before a pass`,
    ...yardsticks.notes,
    ...(whyNoCpu === null ? [] : [whyNoCpu]),
    '',
  ].join('\n')
