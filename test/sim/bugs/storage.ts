// What goes wrong where a log does not keep what it was given.
import type { Bug } from '../mutate.ts'

const log = 'src-broker/core/log/partition-log.ts'
const recovery = 'src-broker/core/log/recovery.ts'

export const storageBugs: readonly Bug[] = [
  {
    name: 'trust-a-torn-tail',
    about: 'recovery takes a batch without looking at its checksum',
    file: recovery,
    find: 'batch.hasValidCrc(walk.bytes, walk.view, walk.at, crc32c) &&\n    batch.baseOffset',
    replace: 'crc32c !== undefined &&\n    batch.baseOffset',
    within: undefined,
  },
  {
    name: 'trust-every-start',
    about: 'every start counts as one after a clean stop, and nothing is recovered',
    file: 'src-broker/core/log/log-directory.ts',
    find: 'isClean: this.wasClean && recoveryPoint !== undefined',
    replace: 'isClean: recoveryPoint !== undefined',
    within: 40,
  },
  {
    name: 'epochs-survive-truncation',
    about: 'epochs of records that were cut off are remembered (KAFKA-10706)',
    file: log,
    find: 'this.#epochs.truncateFromEnd(offset)\n    if (offset >= this.#logEndOffset)',
    replace: 'if (offset >= this.#logEndOffset)',
    within: 40,
  },
  {
    name: 'producers-survive-truncation',
    about: 'sequences of batches that were cut off are remembered',
    file: log,
    find: 'this.#endsAt(endOffset)\n      loadProducers(producers, snapshots, segments, endOffset)',
    replace: 'this.#endsAt(endOffset)',
    within: 100,
  },
  {
    name: 'producers-forgotten',
    about: 'followers do not remember producers, so that a new leader knows none',
    file: log,
    find: 'if (batch.producerId(view, at) >= 0) this.#opened().producers.note(bytes, view, at)',
    replace:
      'if (batch.producerId(view, at) >= 0 && batch.baseOffset(view, at) % 2 === 0) this.#opened().producers.note(bytes, view, at)',
    within: 40,
  },
  {
    name: 'no-duplicates-found',
    about: 'a batch that was sent again is appended again',
    file: log,
    find: 'if (producers.duplicate !== undefined) return',
    replace: 'if (producers.duplicate === null) return',
    within: 40,
  },
  {
    name: 'duplicates-at-the-end',
    about: 'a batch that was sent again is acknowledged at the log end, not where it lies',
    file: log,
    find: 'result.baseOffset = original.baseOffset',
    replace: 'result.baseOffset = this.#logEndOffset',
    within: 40,
  },
  {
    name: 'follower-takes-anything',
    about: 'a follower appends batches whose checksum is wrong',
    file: log,
    find: '!batch.hasValidCrc(bytes, view, at, this.#env.crc32c) || batch.lastOffsetDelta(view, at) < 0',
    replace: 'batch.lastOffsetDelta(view, at) < 0',
    within: undefined,
  },
  {
    name: 'stale-places',
    about: 'where offsets lie is remembered across a truncation',
    file: 'src-broker/core/log/segments.ts',
    find: 'while (this.#row.length > count) this.#row.pop()!.remove()\n    this.#places.clear()',
    replace: 'while (this.#row.length > count) this.#row.pop()!.remove()',
    within: 40,
  },
  {
    name: 'delete-beyond-watermark',
    about: 'retention deletes what is not committed yet',
    file: log,
    find: 'endOffset > retention.highWatermark || ',
    replace: '',
    within: undefined,
  },
  {
    name: 'compaction-keeps-the-first',
    about: 'of each key the first record stays, not the last',
    file: 'src-broker/core/log/offset-map.ts',
    find: 'this.#offsets.set(text, offset)',
    replace: 'if (!this.#offsets.has(text)) this.#offsets.set(text, offset)',
    within: undefined,
  },
  {
    name: 'compaction-drops-too-much',
    about: 'records that are the last of their key go, too',
    file: 'src-broker/core/log/compaction.ts',
    find: 'record.offset < this.#map.latest(key)',
    replace: 'record.offset <= this.#map.latest(key)',
    within: undefined,
  },
  {
    name: 'deleted-topics-return',
    about: 'a topic that is made anew begins with what a broker kept of the one before',
    file: 'src-broker/core/metadata-applier.ts',
    find: 'if (found?.topicId === topic.id) {',
    replace: 'if (found !== undefined) {',
    within: undefined,
  },
]
