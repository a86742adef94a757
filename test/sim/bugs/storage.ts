// What goes wrong where a log does not keep what it was given.
import type { Bug } from '../mutate.ts'

const log = 'src-broker/core/log/partition-log.ts'
const content = 'src-broker/core/log/log-content.ts'
const leaderAppend = 'src-broker/core/log/leader-append.ts'
const followerAppend = 'src-broker/core/log/follower-append.ts'
const recovery = 'src-broker/core/log/recovery.ts'

export const storageBugs: readonly Bug[] = [
  {
    name: 'trust-a-torn-tail',
    about: 'recovery takes a batch without looking at its checksum',
    file: recovery,
    find: 'walk.hasValidCrc(crc32c) &&\n    batch.baseOffset',
    replace: 'crc32c !== undefined &&\n    batch.baseOffset',
    within: 100,
  },
  {
    name: 'trust-every-start',
    about: 'every start counts as one after a clean stop, and nothing is recovered',
    file: 'src-broker/core/log/log-directory.ts',
    find: 'const isClean = this.wasClean && recoveryPoint !== undefined',
    replace: 'const isClean = recoveryPoint !== undefined',
    within: 100,
  },
  {
    name: 'epochs-survive-truncation',
    about: 'epochs of records that were cut off are remembered (KAFKA-10706)',
    file: log,
    find: 'this.#epochs.truncateFromEnd(offset)\n    if (offset >= endOffset)',
    replace: 'if (offset >= endOffset)',
    within: 100,
  },
  {
    name: 'producers-survive-truncation',
    about: 'sequences of batches that were cut off are remembered',
    file: log,
    find: 'this.#endsAt(content, newEndOffset)\n      content.loadProducers()',
    replace: 'this.#endsAt(content, newEndOffset)',
    within: 100,
  },
  {
    name: 'producers-forgotten',
    about: 'followers do not remember producers, so that a new leader knows none',
    file: content,
    find: 'if (batch.producerId(view, at) >= 0) this.producers.note(bytes, view, at)',
    replace:
      'if (batch.producerId(view, at) >= 0 && batch.baseOffset(view, at) % 2 === 0) this.producers.note(bytes, view, at)',
    within: 100,
  },
  {
    name: 'no-duplicates-found',
    about: 'a batch that was sent again is appended again',
    file: leaderAppend,
    find: 'if (producers.duplicate !== undefined) return',
    replace: 'if (producers.duplicate === null) return',
    within: 100,
  },
  {
    name: 'duplicates-at-the-end',
    about: 'a batch that was sent again is acknowledged at the log end, not where it lies',
    file: leaderAppend,
    find: 'result.baseOffset = original.baseOffset',
    replace: 'result.baseOffset = log.endOffset',
    within: 100,
  },
  {
    name: 'follower-takes-anything',
    about: 'a follower appends batches whose checksum is wrong',
    file: followerAppend,
    find: '!batch.hasValidCrc(bytes, view, at, env.crc32c) || batch.lastOffsetDelta(view, at) < 0',
    replace: 'batch.lastOffsetDelta(view, at) < 0',
    within: 340,
  },
  {
    name: 'stale-places',
    about: 'where offsets lie is remembered across a truncation',
    file: 'src-broker/core/log/segments.ts',
    find: 'while (this.#row.length > count) this.#row.pop()!.remove()\n    this.#places.clear()',
    replace: 'while (this.#row.length > count) this.#row.pop()!.remove()',
    within: 100,
  },
  {
    name: 'compaction-drops-nothing',
    about: 'compaction goes by the first record of each key, so that none is obsolete',
    file: 'src-broker/core/log/offset-map.ts',
    find: 'this.#offsets.set(text, offset)',
    replace: 'if (!this.#offsets.has(text)) this.#offsets.set(text, offset)',
    within: 100,
  },
  {
    name: 'compaction-drops-too-much',
    about: 'records that are the last of their key go, too',
    file: 'src-broker/core/log/compaction.ts',
    find: 'record.offset < this.#map.latest(key)',
    replace: 'record.offset <= this.#map.latest(key)',
    within: 100,
  },
  {
    name: 'deleted-topics-return',
    about: 'a topic that is made anew begins with what a broker kept of the one before',
    file: 'src-broker/core/metadata-applier.ts',
    find: 'if (found?.belongsTo(topic.id)) {',
    replace: 'if (found !== undefined) {',
    within: 100,
  },
  {
    name: 'no-look-back',
    about: 'after a restart only the batch is known of each producer that a snapshot has room for',
    file: 'src-broker/core/log/recovery.ts',
    find: '(note) => walkBack(segments, from, note)',
    replace: '() => {}',
    within: 400,
  },
  {
    name: 'cut-not-synced',
    about: 'what was cut off a segment comes back with a power loss',
    file: 'src-broker/core/log/segment.ts',
    find: 'this.file.sync()',
    replace: '',
    within: 220,
  },
  {
    name: 'snapshot-without-producers',
    about: 'the snapshots of producers are empty',
    file: content,
    find: 'this.snapshots.save(this.endOffset, this.producers.entries())',
    replace: 'this.snapshots.save(this.endOffset, [])',
    within: 100,
  },
  {
    name: 'epochs-not-saved',
    about: 'the recovery point overtakes the leader epochs on disk',
    file: log,
    find: 'this.#epochs.save(this.logEndOffset)\n    this.#flushingTo',
    replace: 'this.#flushingTo',
    within: 1_200,
  },
  {
    name: 'recovery-point-stays',
    about: 'what was flushed and is cut off counts as flushed, whatever is written in its place',
    file: log,
    find: 'if (offset >= before) return',
    replace: 'if (offset >= 0) return',
    within: 480,
  },
]
