import type { Deadlines } from '../../base/deadlines.ts'
import { errors } from '../../protocol/errors.ts'
import type { Env } from '../env.ts'
import type { GroupConfig } from './config.ts'
import { ClassicGroup } from './group.ts'
import { encodeRecord, type GroupRecord } from './records.ts'
import type { GroupSink, KeyValue } from './sink.ts'

/** Clocks and chance; the rest of the outside world is the sink's. */
export type GroupEnv = Pick<Env, 'wallMs' | 'monotonicMs' | 'random'>

/** What every part of the coordinator works with. */
export interface Room {
  readonly env: GroupEnv
  readonly deadlines: Deadlines
  readonly sink: GroupSink
  readonly config: GroupConfig
  /** Called after replay changed the committed metadata of a group that is live. */
  readonly adopt: (shard: Shard, group: ClassicGroup) => void
}

/** The groups of one partition of `__consumer_offsets`, while this broker leads it. A new term begins with a new shard. */
export class Shard {
  readonly room: Room
  readonly partition: number
  epoch: number
  /** While loading, nothing but replay touches the groups; after it resigned, nothing does. */
  status: 'loading' | 'active' | 'unreadable' | 'resigned' = 'loading'
  /** Offset after the last record replayed while loading. */
  loadedOffset = 0
  readonly groups = new Map<string, ClassicGroup>()
  readonly #patient = new Set<Patient>()

  constructor(room: Room, partition: number, epoch: number) {
    this.room = room
    this.partition = partition
    this.epoch = epoch
  }

  groupOrNew(groupId: string): ClassicGroup {
    let group = this.groups.get(groupId)
    if (group === undefined) {
      group = new ClassicGroup(groupId, this.room.env.wallMs())
      this.groups.set(groupId, group)
    }
    return group
  }

  /**
   * Hands records of one group to the log. Once they are committed they are replayed, then `then(NONE)` runs; otherwise `then`
   * gets an error fit for an answer. It runs once: a commit that comes after the time limit is replayed all the same.
   */
  write(group: ClassicGroup, records: readonly GroupRecord[], then: (errorCode: number) => void): void {
    const encoded = encodeAll(records)
    if (encoded === undefined) return then(errors.INVALID_REQUEST)
    const patient = this.#patience(then)
    group.writesStarted++
    this.room.sink.append(this.partition, encoded, (errorCode) => {
      if (this.status === 'resigned') return // Told by resign; what became of the records is the next coordinator's to read.
      if (errorCode === errors.NONE) for (const record of records) this.replay(record)
      patient.finish(answerErrorFor(errorCode))
      group.writesSettled++
      this.#wake(group)
      this.forgetIfVoid(group)
    })
  }

  /** Runs `then` when everything of this group that is on its way into the log now is settled. */
  afterWrites(group: ClassicGroup, then: (errorCode: number) => void): void {
    if (group.writesSettled === group.writesStarted) return then(errors.NONE)
    const patient = this.#patience(then)
    group.waiting.push({ write: group.writesStarted, go: () => patient.finish(errors.NONE) })
  }

  /** The only writer of what outlives the coordinator: the same for a restart and for a record just committed. */
  replay(record: GroupRecord): void {
    const group = this.groupOrNew(record.groupId)
    if (record.type === 'offset-commit') {
      if (record.commit === null) group.offsets.delete(record.topic, record.partition)
      else group.offsets.set(record.topic, record.partition, record.commit)
    } else {
      group.committed = record.metadata
      if (this.status === 'active') this.room.adopt(this, group)
    }
    this.forgetIfVoid(group)
  }

  forgetIfVoid(group: ClassicGroup): void {
    if (!group.isVoid) return
    group.state = 'Dead'
    this.groups.delete(group.groupId)
  }

  /** Everybody who waits for the log is told to look elsewhere. */
  resign(): void {
    this.status = 'resigned'
    this.groups.clear()
    for (const patient of this.#patient) patient.finish(errors.NOT_COORDINATOR)
  }

  #wake(group: ClassicGroup): void {
    while (group.waiting.length > 0 && group.waiting[0]!.write <= group.writesSettled) group.waiting.shift()!.go()
  }

  /** `then` runs once: when finished, or when an answer is overdue. */
  #patience(then: (errorCode: number) => void): Patient {
    const { deadlines, env, config } = this.room
    const timeLimit = deadlines.at(env.monotonicMs() + config.offsetsCommitTimeoutMs, () =>
      patient.finish(errors.COORDINATOR_NOT_AVAILABLE),
    )
    const patient: Patient = {
      finish: (errorCode) => {
        if (!this.#patient.delete(patient)) return
        timeLimit.cancel()
        then(errorCode)
      },
    }
    this.#patient.add(patient)
    return patient
  }
}

/** Undefined where a text is longer than a stored record can hold (a member id made of a huge client id). */
function encodeAll(records: readonly GroupRecord[]): KeyValue[] | undefined {
  try {
    return records.map(encodeRecord)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

interface Patient {
  readonly finish: (errorCode: number) => void
}

/** What a client of the coordinator understands of the log's refusal: ask again, look elsewhere, or give up. */
function answerErrorFor(appendError: number): number {
  switch (appendError) {
    case errors.UNKNOWN_TOPIC_OR_PARTITION:
    case errors.NOT_ENOUGH_REPLICAS:
    case errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case errors.REQUEST_TIMED_OUT:
      return errors.COORDINATOR_NOT_AVAILABLE
    case errors.NOT_LEADER_OR_FOLLOWER:
    case errors.KAFKA_STORAGE_ERROR:
      return errors.NOT_COORDINATOR
    case errors.MESSAGE_TOO_LARGE:
    case errors.RECORD_LIST_TOO_LARGE:
      return errors.UNKNOWN_SERVER_ERROR
    default:
      return appendError
  }
}
