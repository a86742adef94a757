// A disk that refuses one operation of a log's life, and goes on as before: each of them in turn, also half of a write.
import { expect, test } from 'vitest'
import { DiskError } from '../../src-broker/base/disk.ts'
import { defaultLogConfig } from '../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../src-broker/core/log/log-directory.ts'
import type { PartitionLog } from '../../src-broker/core/log/partition-log.ts'
import { MemoryDisk } from '../support/memory-disk.ts'
import { RefusingDisk } from '../support/refusing-disk.ts'
import { append, contents, envOn, follow, replicated, startMs } from '../unit/log/bench.ts'

const config = { ...defaultLogConfig, segmentBytes: 300, indexIntervalBytes: 120 }
const topicId = '0123456789abcdef0123456789abcdef'
const otherId = 'fedcba9876543210fedcba9876543210'

/** A broker's only log, what it should hold, and what its disk has promised to keep. */
class Life {
  readonly disk: RefusingDisk
  logs!: LogDirectory
  records: string[] = []
  start = 0
  epoch = 0
  readonly #endsAtRefusal: boolean
  readonly #isShorterNext: boolean
  #topicId = topicId

  constructor(refused: number, endsAtRefusal: boolean) {
    this.disk = new RefusingDisk(new MemoryDisk(), refused)
    this.#endsAtRefusal = endsAtRefusal
    this.#isShorterNext = refused % 4 > 1
    this.#begin()
  }

  get log(): PartitionLog {
    return this.logs.get('orders', 0)!
  }

  get end(): number {
    return this.start + this.records.length
  }

  /** Where one is refused, one that is longer than what is left of the segment comes next, or one that has room there. */
  lead(count: number): void {
    for (let done = 0; done < count; done++) {
      let value = `${this.epoch}`.padEnd(45, '.')
      this.#done(
        () => {
          append(this.log, [value], { leaderEpoch: this.epoch })
        },
        () => {
          value = this.#isShorterNext ? '' : 'long'.repeat(40)
        },
      )
      this.records.push(`${this.end} ${value}`)
      this.log.highWatermark = this.end
    }
  }

  /** As many batches as are missing are sent again until all are there. */
  follow(count: number): void {
    const to = this.end + count
    this.#done(() => {
      const { logEndOffset } = this.log
      const missing = Array.from({ length: to - logEndOffset }, (_, index) => logEndOffset + index)
      follow(this.log, ...missing.map((offset) => replicated([`${this.epoch}`], offset, this.epoch)))
    })
    while (this.end < to) this.records.push(`${this.end} ${this.epoch}`)
    this.log.highWatermark = this.end
  }

  elect(): void {
    this.epoch++
    this.log.assignEpoch(this.epoch, this.end)
  }

  /** As a follower does that is told to: the files are let go of where the disk refuses, and the log looked at anew. */
  truncate(offset: number): void {
    this.#done(() => {
      try {
        this.log.truncateTo(offset)
      } catch (error) {
        this.log.abandon()
        throw error
      }
    })
    this.records.length = offset - this.start
    this.epoch++
  }

  retain(bytes: number): void {
    this.#done(() => {
      const limits = { nowMs: startMs, retentionMs: Infinity, retentionBytes: bytes, highWatermark: this.end }
      try {
        this.log.deleteOldSegments(limits)
      } finally {
        this.records.splice(0, this.log.logStartOffset - this.start)
        this.start = this.log.logStartOffset
      }
    })
  }

  /** A sync that failed may seem to succeed the next time: the broker ends, and begins anew with what is there. */
  flush(): void {
    this.#done(
      () => this.log.flush(),
      () => this.kill(),
    )
  }

  /** The topic is deleted, and one of its name created. */
  remake(): void {
    this.#topicId = otherId
    this.records = []
    this.start = 0
    this.epoch = 0
    this.#done(() => this.#hold())
  }

  checkpoint(): void {
    this.#done(() => this.logs.checkpoint())
  }

  stop(): void {
    this.#done(
      () => this.logs.close(),
      () => this.kill(),
    )
    this.#begin()
  }

  /** The process ends, the machine does not. */
  kill(): void {
    this.#begin()
  }

  #begin(): void {
    this.#done(() => {
      this.logs = new LogDirectory(envOn(this.disk), config)
    })
    this.#done(() => this.#hold())
  }

  /** As the metadata say that the broker should. */
  #hold(): void {
    if (this.log !== undefined && this.log.topicId !== this.#topicId) this.logs.remove('orders', 0)
    if (this.log === undefined) this.logs.create('orders', 0, this.#topicId, config)
  }

  /** The disk refuses once, so that the second time does it: right away, or after a crash. */
  #done(work: () => void, meanwhile?: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      meanwhile?.()
      if (this.#endsAtRefusal) this.kill()
      work()
    }
  }

  agrees(when: string): void {
    let found = ''
    this.#done(() => {
      const { logStartOffset, logEndOffset } = this.log
      found = [`${logStartOffset} to ${logEndOffset}`, ...contents(this.log)].join('\n')
    })
    const expected = [`${this.start} to ${this.end}`, ...this.records].join('\n')
    if (found !== expected) expect.fail(`${when}: ${found} instead of ${expected}`)
  }
}

type Step = (life: Life) => void
const story: readonly Step[] = [
  (life) => life.lead(6),
  (life) => life.kill(),
  (life) => life.lead(3),
  (life) => life.flush(),
  (life) => life.checkpoint(),
  (life) => life.follow(6),
  (life) => life.elect(),
  (life) => life.lead(4),
  (life) => life.truncate(13),
  (life) => life.kill(),
  (life) => life.follow(7),
  (life) => life.flush(),
  (life) => life.checkpoint(),
  (life) => life.truncate(11),
  (life) => life.lead(6),
  (life) => life.kill(),
  (life) => life.retain(500),
  (life) => life.checkpoint(),
  (life) => life.lead(3),
  (life) => life.kill(),
  (life) => life.remake(),
  (life) => life.lead(3),
  (life) => life.kill(),
  (life) => life.stop(),
  (life) => life.lead(4),
  (life) => life.truncate(2),
  (life) => life.follow(5),
  (life) => life.stop(),
]

function tell(refused: number, endsAtRefusal = false): Life {
  const life = new Life(refused, endsAtRefusal)
  for (const [index, step] of story.entries()) {
    step(life)
    if (life.disk.hasRefused) life.agrees(`operation ${refused} refused, after step ${index}`)
  }
  return life
}

// Of two that follow each other one each: the next one is often of the same kind.
test.each([
  ['goes on', false, 1],
  ['is killed there', true, 2],
])(
  'whichever operation the disk refuses, a broker that %s holds what was acknowledged, and nothing else',
  (_, ends, first) => {
    const { operations } = tell(Infinity).disk
    expect(operations).toBeGreaterThan(300)
    for (let refused = first; refused <= operations; refused += 2) tell(refused, ends)
  },
  60_000,
)
