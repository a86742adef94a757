// Whole quorum nodes while everything fails: death with and without power, orderly departures, cut links, slow disks, sleep, logs
// that give way to snapshots.
// The harness checks as it runs that there is one controller per epoch, one leader per partition and epoch, and one image per
// offset; here: that what was acknowledged is there in the end, and that the cluster recovers.
import { expect, test } from 'vitest'
import { QuorumHarness } from '../support/quorum-harness.ts'

const seeds = Array.from(
  { length: Number(process.env.SEEDS ?? 15) },
  (_, index) => index + Number(process.env.SEED ?? 1),
)

test('acknowledged topics survive whatever happens to the brokers, and the cluster is whole again after it', () => {
  for (const seed of seeds) {
    try {
      tryToBreak(seed)
    } catch (cause) {
      throw new Error(`SEED=${seed} SEEDS=1: ${cause}`, { cause })
    }
  }
}, 600_000)

const littleLog = {
  'metadata.log.max.record.bytes.between.snapshots': '3000',
  'metadata.log.segment.bytes': '4000',
  'metadata.max.retention.bytes': '1000',
}

function tryToBreak(seed: number): void {
  const brokers = 1 + (seed % 5)
  // Half of the runs keep hardly any log, so that most who come back get a snapshot; in some the last broker votes only later.
  const settings = seed % 2 === 0 ? littleLog : {}
  const voters = brokers > 1 && seed % 4 < 2 ? brokers - 1 : brokers
  const harness = QuorumHarness.started({ brokers, voters, seed, settings })
  const { random } = harness
  const ids = [...harness.members.keys()]
  const anyone = () => ids[Math.floor(random() * ids.length)]!
  if (seed % 3 === 0) harness.syncMs = () => (random() < 0.05 ? 300 : 1 + random() * 20)
  if (seed % 7 === 0) harness.latencyMs = () => (random() < 0.02 ? 200 : random() * 5)
  const acknowledged = new Set<string>()
  let created = 0
  for (let round = 0; round < 60; round++) {
    harness.after(random() < 0.7 ? random() * 60 : random() * 2_500)
    const dice = random()
    if (dice < 0.35) create(harness, `topic-${created++}`, acknowledged, anyone())
    else if (dice < 0.5) shrinkOrGrow(harness, random)
    else if (dice < 0.6) harness.kill(anyone(), random() < 0.5 ? 'power-loss' : 'power-stays')
    else if (dice < 0.64) leave(harness, anyone())
    else if (dice < 0.82) startAgain(harness, anyone())
    else if (dice < 0.88) harness.cut(anyone(), anyone())
    else if (dice < 0.91) harness.isolate(anyone())
    else if (dice < 0.93) harness.sleep(120_000)
    else harness.heal()
  }
  harness.heal()
  harness.after(2_500) // Whoever was about to leave has left.
  for (const id of ids) startAgain(harness, id)
  harness.until(() => harness.running.length === brokers && harness.isWhole())
  create(harness, 'last', acknowledged, ids[0]!)
  harness.until(() => acknowledged.has('last'))
  harness.until(() => harness.running.every(({ image }) => image.topics.has('last')))
  for (const { image } of harness.running) {
    expect([...acknowledged].filter((name) => !image.topics.has(name))).toEqual([])
    expect([...image.partitions()].filter(({ partition }) => partition.leader === -1)).toEqual([])
  }
}

function create(harness: QuorumHarness, name: string, acknowledged: Set<string>, by: number): void {
  const node = harness.members.get(by)!.node
  const topic = { name, numPartitions: 2, replicationFactor: -1, assignments: [], configs: [] }
  node?.request('CreateTopics', { topics: [topic], validateOnly: false }, 5_000, ({ response }) => {
    const errorCode = response?.topics[0]?.errorCode
    // An answer that was lost leads to a second request, and that one finds the topic there.
    if (errorCode === 0 || errorCode === 36) acknowledged.add(name)
  })
}

/** Some leader changes its ISR, on what it believes to be the state of things. */
function shrinkOrGrow(harness: QuorumHarness, random: () => number): void {
  for (const node of harness.running) {
    const { image, brokerEpoch, options } = node
    const led = [...image.partitions()].filter(({ partition }) => partition.leader === options.brokerId)
    const chosen = led[Math.floor(random() * led.length)]
    if (chosen === undefined) continue
    const { topicId, partition: partitionIndex, leaderEpoch, partitionEpoch, replicas } = chosen.partition
    const isr = replicas.filter((id) => id === options.brokerId || random() < 0.6)
    const newIsrWithEpochs = isr.map((brokerId) => ({
      brokerId,
      brokerEpoch: image.brokers.get(brokerId)?.epoch ?? -1,
    }))
    const partition = { partitionIndex, leaderEpoch, partitionEpoch, leaderRecoveryState: 0, newIsrWithEpochs }
    const topics = [{ topicId, partitions: [partition] }]
    node.request('AlterPartition', { brokerId: options.brokerId, brokerEpoch, topics }, 1_000, () => {})
  }
}

function leave(harness: QuorumHarness, id: number): void {
  const member = harness.members.get(id)!
  const { node } = member
  node?.shutDown(2_000, () => {
    if (member.node === node) harness.stop(id)
  })
}

function startAgain(harness: QuorumHarness, id: number): void {
  if (harness.members.get(id)!.node === undefined) harness.start(id)
}
