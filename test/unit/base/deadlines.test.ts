import { expect, test } from 'vitest'
import { beatMs, Deadlines } from '../../../src-broker/base/deadlines.ts'

/** Lets the host sleep from deadline to deadline until a time, each wake-up 3 ms late. Returns when it woke. */
function sleepUntil(deadlines: Deadlines, untilMs: number): number[] {
  const woken: number[] = []
  while (deadlines.nextMs <= untilMs) {
    const nowMs = deadlines.nextMs + 3
    woken.push(nowMs)
    clock.nowMs = nowMs
    deadlines.run(nowMs)
  }
  return woken
}

const clock = { nowMs: 0 }

function recur(deadlines: Deadlines, everyMs: number, action: () => void): void {
  deadlines.atBeat(clock.nowMs, everyMs, () => {
    action()
    recur(deadlines, everyMs, action)
  })
}

test('what recurs falls due together, whenever it began and however late its host is', () => {
  const deadlines = new Deadlines()
  clock.nowMs = 1_000.7
  const counts = [0, 0, 0]
  for (const [index, beats] of [1, 2, 20].entries()) {
    recur(deadlines, beats * beatMs, () => counts[index]!++)
    clock.nowMs += 70
  }
  expect(sleepUntil(deadlines, 1_000 + 20 * beatMs)).toEqual(
    Array.from({ length: 20 }, (_, index) => 1_003 + (index + 1) * beatMs),
  )
  expect(counts).toEqual([20, 10, 1])
})

test('a delay of less than a beat is kept as it is', () => {
  const deadlines = new Deadlines()
  deadlines.atBeat(1_000, beatMs, () => {})
  deadlines.atBeat(1_040, 10, () => {})
  expect(deadlines.nextMs).toBe(1_050)
})
