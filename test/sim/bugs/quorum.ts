// What goes wrong in the metadata quorum, and in what its controller decides.
import type { Bug } from '../mutate.ts'

const election = 'src-broker/core/quorum/raft-election.ts'
const raftLeader = 'src-broker/core/quorum/raft-leader.ts'
const raft = 'src-broker/core/quorum/raft.ts'
const alterPartition = 'src-broker/core/quorum/controller/alter-partition.ts'
const leadership = 'src-broker/core/quorum/controller/leadership.ts'

export const quorumBugs: readonly Bug[] = [
  {
    name: 'forget-the-vote',
    about: 'after a restart a voter does not know whom it voted for',
    file: raft,
    find: 'votedId: state !== undefined && state.leaderEpoch >= log.lastEpoch ? state.votedId : nobody',
    replace: 'votedId: nobody',
    within: 170,
  },
  {
    name: 'forget-the-epoch',
    about: 'after a restart a voter is in the epoch of its log',
    file: raft,
    find: 'epoch: Math.max(state?.leaderEpoch ?? 0, log.lastEpoch)',
    replace: 'epoch: log.lastEpoch',
    within: 100,
  },
  {
    name: 'vote-twice',
    about: 'a voter gives its vote to everyone who asks',
    file: election,
    find: '(raft.votedId === candidate ||\n    (raft.votedId === nobody &&',
    replace: '(raft.votedId === candidate ||\n    (raft.votedId !== candidate &&',
    within: 100,
  },
  {
    name: 'vote-for-the-backward',
    about: 'a voter does not look at how far the candidate’s log reaches',
    file: 'src-broker/core/quorum/raft-state.ts',
    find: 'lastOffsetEpoch > raft.log.lastEpoch || (lastOffsetEpoch === raft.log.lastEpoch && lastOffset >= raft.log.endOffset)',
    replace: 'lastOffsetEpoch >= 0 && lastOffset >= 0 && raft.log.endOffset >= 0',
    within: 100,
  },
  {
    name: 'vote-not-synced',
    about: 'the vote is written and not synced',
    file: 'src-broker/core/quorum/quorum-state.ts',
    find: 'disk.replace(path, encodeText(JSON.stringify(content)))',
    replace:
      'const text = encodeText(JSON.stringify(content)); const file = disk.open(path); file.truncate(0); file.write(text, 0, text.length, 0)',
    within: 100,
  },
  {
    name: 'log-not-synced',
    about: 'a voter acknowledges metadata that is not on its disk yet',
    file: 'src-broker/core/quorum/raft-driver.ts',
    find: '#syncLog(): void {',
    replace:
      "#syncLog(): void {\n    this.#deadlines.at(this.#env.monotonicMs(), () => this.input({ type: 'log-synced' }))\n    if (this.log !== undefined) return",
    within: 100,
  },
  {
    name: 'commit-with-one',
    about: 'the quorum’s leader commits what it has itself',
    file: raftLeader,
    find: 'const durableOnMajority = ends.sort((a, b) => b - a)[majority(raft) - 1]!',
    replace: 'const durableOnMajority = ends.sort((a, b) => b - a)[0]!',
    within: 100,
  },
  {
    name: 'commit-earlier-epochs',
    about: 'what earlier leaders left behind is committed by counting copies (Raft, figure 8)',
    file: raftLeader,
    find: 'if (durableOnMajority <= role.epochStartOffset || durableOnMajority',
    replace: 'if (durableOnMajority <= 0 || durableOnMajority',
    within: 250,
  },
  {
    name: 'isr-of-anyone',
    about: 'the controller takes an ISR from whoever asks, whatever it was built on',
    file: alterPartition,
    find: `if (leaderEpoch < current.leaderEpoch) return errors.FENCED_LEADER_EPOCH
  if (brokerId !== current.leader) return errors.INVALID_REQUEST
  if (partitionEpoch < current.partitionEpoch) return errors.INVALID_UPDATE_VERSION`,
    replace: 'if (brokerId < 0) return errors.INVALID_REQUEST',
    within: 530,
  },
  {
    name: 'isr-with-any-life',
    about:
      'the controller does not compare broker epochs, so that a later life joins on what an earlier one had (KIP-903)',
    file: alterPartition,
    find: 'image.isActive(brokerId) && (brokerEpoch === -1 || brokerEpoch === image.brokers.get(brokerId)?.epoch)',
    replace: 'image.isActive(brokerId) && brokerEpoch >= -1',
    within: 220,
  },
  {
    name: 'answer-another-life',
    about: 'a broker gets the answers to what its earlier life asked',
    file: 'src-broker/core/quorum/quorum-node.ts',
    find: 'if (this.#lossesOf(from) === losses)',
    replace: 'if (losses >= 0)',
    within: 240,
  },
  {
    name: 'fenced-stays-in-isr',
    about: 'a broker that is gone stays in the ISRs',
    file: leadership,
    find: 'return { isr: partition.isr.filter((id) => !leaving.has(id)), isFitToLead: staysActive(situation, leaving) }',
    replace: 'return { isr: partition.isr, isFitToLead: staysActive(situation, leaving) }',
    within: 100,
  },
  {
    name: 'restarted-stays-in-isr',
    about: 'a broker that started again is in the ISR as if it had never been gone',
    file: leadership,
    find: 'return { isr: newIsr, unclean, wiped, isFitToLead }',
    replace: 'return { isr, unclean: none, wiped, isFitToLead }',
    within: 140,
  },
  {
    name: 'unclean-is-clean',
    about: 'a broker that lost its power is as eligible as one that was stopped (KIP-966)',
    file: leadership,
    find: ': !unclean.has(id)))\n    return { isr: newIsr, unclean, wiped, isFitToLead }',
    replace: ': true))\n    return { isr: newIsr, isFitToLead }',
    within: 140,
  },
  {
    name: 'eligible-for-ever',
    about: 'who left an ISR may lead though the others have gone on without it (KIP-966)',
    file: 'src-broker/core/quorum/controller/partition-change.ts',
    find: 'if (isr.length >= Math.min(minInsyncReplicas, replicas.length)) return []',
    replace: 'if (minInsyncReplicas < 1) return []',
    within: 170,
  },
  {
    name: 'producer-ids-twice',
    about: 'two brokers give out the same producer ids',
    file: 'src-broker/core/quorum/controller/producer-ids.ts',
    find: 'const nextProducerId = producerIdStart + blockSize',
    replace: 'const nextProducerId = producerIdStart + 1',
    within: 100,
  },
  {
    name: 'reassigned-at-once',
    about: 'a reassignment is over before the new replicas are in sync',
    file: 'src-broker/core/quorum/controller/partition-change.ts',
    find: 'if (isr.length === 0 || !addingReplicas.every((id) => isr.includes(id))) return target',
    replace: 'if (isr.length === 0) return target',
    within: 170,
  },
  {
    name: 'commit-what-differs',
    about: 'a follower whose log still differs takes the leader’s high watermark for its own',
    file: 'src-broker/core/quorum/raft-follower.ts',
    find: 'return truncate(raft, response.divergingEpoch)',
    replace: 'truncate(raft, response.divergingEpoch)',
    within: 270,
  },
  {
    name: 'refuse-a-hole',
    about: 'a broker does not start where a later write of the metadata log overtook an earlier one in a power loss',
    file: 'src-broker/core/quorum/metadata-damaged.ts',
    find: 'rest.subarray(0, followerAt).every((byte) => byte === 0)',
    replace: 'rest.length < 0',
    within: 100,
  },
  {
    name: 'unclean-everywhere',
    about: 'a replica that is behind may lead, whatever the topic says',
    file: 'src-broker/core/quorum/controller/partition-change.ts',
    find: ": election === 'unclean'\n",
    replace: ": election !== 'preferred'\n",
    within: 100,
  },
]
