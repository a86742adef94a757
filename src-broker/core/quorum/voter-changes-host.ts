import type { VoterChangesHost } from './controller/voter-changes.ts'
import { progressOf } from './raft.ts'
import type { RaftDriver } from './raft-driver.ts'

/** What changes of the voters need of Raft. */
export const voterChangesHost = (driver: RaftDriver): VoterChangesHost => ({
  get voterSet() {
    return driver.log.voters
  },
  get voters() {
    return driver.raft.voters
  },
  get highWatermark() {
    return driver.raft.highWatermark
  },
  get endOffset() {
    return driver.log.endOffset
  },
  isCaughtUp: (broker, directoryId) => {
    const progress = progressOf(driver.raft, broker)
    return progress?.directoryId === directoryId && progress.logEndOffset >= driver.raft.highWatermark
  },
  appendVoters: (voters) => driver.appendVoters(voters),
})
