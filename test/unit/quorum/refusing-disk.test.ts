// A disk that refuses amid a change of the metadata log: what is in memory and what is on disk must not part.
import { expect, test, vi } from 'vitest'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import { DiskError } from '../../../src-broker/base/disk.ts'
import { seededRandom } from '../../../src-broker/base/random.ts'
import { createBrokerConfig, laptopSettings } from '../../../src-broker/core/config/broker-config.ts'
import type { Env } from '../../../src-broker/core/env.ts'
import { MetadataEvents } from '../../../src-broker/core/quorum/controller/metadata-events.ts'
import { Controller, type ControllerHost } from '../../../src-broker/core/quorum/controller.ts'
import { encodeMetadataBatch, encodeVotersBatch } from '../../../src-broker/core/quorum/metadata-batch.ts'
import { MetadataLog } from '../../../src-broker/core/quorum/metadata-log.ts'
import { RaftDriver, type RaftHost } from '../../../src-broker/core/quorum/raft-driver.ts'
import { raftDefaults } from '../../../src-broker/core/quorum/raft-state.ts'
import type { MetadataRecordInput } from '../../../src-broker/core/quorum/records.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { Metadata } from '../../support/metadata.ts'
import { envOn } from '../log/bench.ts'

/** A log of small segments, on a disk of its own. */
function bench(settings = { metadataLogSegmentBytes: 300, metadataMaxRetentionBytes: 1_000_000 }) {
  const disk = new MemoryDisk()
  const env: Env = {
    ...envOn(disk),
    wallMs: () => 1_000,
    monotonicMs: () => 0,
    random: seededRandom(1),
    openPeerFile: () => expect.fail('no peers here'),
  }
  return { disk, env, log: new MetadataLog(env, settings), again: () => new MetadataLog(env, settings) }
}

const refusal = (path: string) => {
  throw new DiskError('ENOSPC', path)
}

const configRecord = (value: string) =>
  ({ type: 'ConfigRecord', resourceType: 4, resourceName: '', name: 'some.setting', value }) as const

/** As a leader of epoch 1 sends them. */
function fetched(...batches: readonly Uint8Array[]): Uint8Array {
  const { log } = bench({ metadataLogSegmentBytes: 10_000, metadataMaxRetentionBytes: 1_000_000 })
  for (const batch of batches) log.appendAsLeader(batch, 1)
  return log.read(0, 1_000_000)
}

test('who votes is what the log says, also where there was room for that record and none for the next one', () => {
  const { disk, env, log, again } = bench()
  const voters = [1, 2, 3].map((id) => ({ id, directoryId: String(id).repeat(32), endpoints: [] }))
  const batches = fetched(encodeVotersBatch(env, voters), encodeMetadataBatch(env, [configRecord('x'.repeat(200))]))
  disk.needRoom = (path) => {
    if (path.endsWith('00000000000000000002.log')) refusal(path)
  }
  expect(() => log.appendAsFollower(batches)).toThrow('ENOSPC')
  expect([log.endOffset, log.voters?.voters]).toEqual([2, voters])
  expect(again().voters).toEqual(log.voters)
})

test('a snapshot that the disk would not remove goes the next time, and until then says where the log begins', () => {
  const { disk, env, log } = bench({ metadataLogSegmentBytes: 300, metadataMaxRetentionBytes: 0 })
  const write = (epoch: number) => {
    for (let count = 0; count < 6; count++)
      log.appendAsLeader(encodeMetadataBatch(env, [configRecord(`${count}`.repeat(90))]), epoch)
    log.replayTo(log.endOffset, () => {})
    log.takeSnapshot([])
  }
  for (const epoch of [4, 5, 6]) write(epoch)
  const { remove } = disk
  disk.remove = (path) => (path.endsWith('.checkpoint') ? refusal(path) : remove.call(disk, path))
  expect(() => write(7)).toThrow('ENOSPC')
  // A follower that ends there in epoch 5 would be told to drop what is committed.
  expect([log.startOffset, log.endOffsetForEpoch(5)]).toEqual([12, { epoch: 5, endOffset: 12 }])
  disk.remove = remove
  write(8)
  expect(disk.list('__cluster_metadata-0').filter((name) => name.endsWith('.checkpoint'))).toHaveLength(2)
})

const nobodyHears: RaftHost = {
  send: () => {},
  sync: (_, done) => done(),
  committed: () => {},
  snapshotInstalled: () => {},
  leadershipChanged: () => {},
  diskFailed: () => {},
  deadlineReached: () => {},
}

/** A controller of a topic whose preferred leader is back in sync. Its disk refuses from the append of that number on, and it resigns. */
function controllerRefusedAt(refusedFrom: number) {
  const metadata = new Metadata().brokers('1', '2', '3').topic('orders', '1,2,3 leader 2')
  const deadlines = new Deadlines()
  let nowMs = 0
  let appends = 0
  const host = {
    env: { monotonicMs: () => nowMs, random: seededRandom(1) },
    deadlines,
    image: metadata.image,
    brokerId: 1,
    voters: [1, 2, 3],
    config: createBrokerConfig(new Map([...laptopSettings(3), ['broker.session.timeout.ms', '600000']])),
    events: new MetadataEvents(metadata.image, () => {}),
    endOffset: () => metadata.image.endOffset,
    append: (records: readonly MetadataRecordInput[]) => {
      if (++appends >= refusedFrom) {
        controller.resign()
        return false
      }
      metadata.replay(records)
      return true
    },
    link: () => 'up',
    replayedOffset: () => metadata.image.endOffset,
    quorum: { voterSet: { offset: 0, voters: [], previous: [] } },
  } as unknown as ControllerHost
  const controller = new Controller(host)
  controller.elected()
  controller.activate()
  return {
    appends: () => appends,
    replayed: () => controller.replayedTo(metadata.image.endOffset),
    pass(ms: number): void {
      for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 100) deadlines.run(nowMs)
    },
  }
}

test('a controller that the disk has made resign decides nothing more: while it lets preferred leaders return', () => {
  const { appends, replayed, pass } = controllerRefusedAt(2)
  replayed()
  pass(60_000)
  expect(appends()).toBe(2)
})

test('a controller that the disk has made resign decides nothing more: with the first it writes', () => {
  const { appends, pass } = controllerRefusedAt(1)
  pass(60_000)
  expect(appends()).toBe(1)
})

test('who does not lead appends nothing, whoever asks', () => {
  const { env } = bench()
  const options = { ...raftDefaults, id: 1, voters: [1, 2, 3], log: createBrokerConfig(laptopSettings(3)) }
  const driver = new RaftDriver(options, env, new Deadlines(), {} as RaftHost)
  expect([driver.append([configRecord('x')]), driver.appendVoters([]), driver.log.endOffset]).toEqual([false, false, 0])
})

test('who leads no longer when it has appended does not count on it: its controller would wait for a commit that never comes', () => {
  const { env } = bench()
  let nowMs = 0
  const options = { ...raftDefaults, id: 1, voters: [1], log: createBrokerConfig(laptopSettings(1)) }
  const driver = new RaftDriver(options, { ...env, monotonicMs: () => nowMs }, new Deadlines(), nobodyHears)
  driver.input({ type: 'start' })
  nowMs = 60_000
  driver.input({ type: 'tick' })
  expect(driver.append([configRecord('x')])).toBe(true)
  // What the leader has just written cannot be read again, for those that it is to be sent to.
  vi.spyOn(driver.log, 'append').mockImplementation((records, epoch) => {
    driver.log.appendAsLeader(encodeMetadataBatch(env, records), epoch)
    driver.input({ type: 'disk-failed' })
  })
  expect(driver.append([configRecord('y')])).toBe(false)
})
