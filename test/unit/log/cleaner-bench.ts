// A broker's logs with their cleaner, and a clock that the test moves. What is to be synced waits until `settle`.
import { expect } from 'vitest'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import { seededRandom } from '../../../src-broker/base/random.ts'
import type { Env } from '../../../src-broker/core/env.ts'
import { LogCleaner } from '../../../src-broker/core/log/log-cleaner.ts'
import type { LogConfig } from '../../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../../src-broker/core/log/log-directory.ts'
import type { MemoryDisk } from '../../support/memory-disk.ts'
import { envOn, startMs } from './bench.ts'

export function cleanerOn(disk: MemoryDisk, config: LogConfig, backoffMs: number) {
  const deadlines = new Deadlines()
  let nowMs = 0
  let flushes = 0
  const syncs: (() => void)[] = []
  const env: Env = {
    ...envOn(disk),
    wallMs: () => startMs + nowMs,
    monotonicMs: () => nowMs,
    random: seededRandom(1),
    openPeerFile: () => expect.fail('no peers here'),
  }
  const logs = new LogDirectory(env, config)
  const settings = {
    logCleanerEnable: true,
    logCleanerBackoffMs: backoffMs,
    logCleanerDedupeBufferSize: 1 << 20,
    logCleanerIoMaxBytesPerSecond: Infinity,
  }
  const sync = (path: string, done: () => void): void => {
    disk.open(path).sync()
    syncs.push(done)
  }
  const cleaner = new LogCleaner({ env, deadlines, logs, config: () => settings, sync, flush: () => flushes++ })
  cleaner.start()
  return {
    logs,
    cleaner,
    flushes: () => flushes,
    pass(ms: number): void {
      nowMs += ms
      deadlines.run(nowMs)
    },
    /** Until nothing is left to do at this time. */
    settle(): void {
      for (let turn = 0; turn < 1_000; turn++) {
        syncs.shift()?.()
        deadlines.run(nowMs)
      }
    },
  }
}
