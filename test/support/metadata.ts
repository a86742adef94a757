// Metadata by hand: an image, and a situation in which to decide.
import { seededRandom } from '../../src-broker/base/random.ts'
import { createBrokerConfig, laptopSettings } from '../../src-broker/core/config/broker-config.ts'
import type { Situation } from '../../src-broker/core/quorum/controller/decision.ts'
import { MetadataImage } from '../../src-broker/core/quorum/image.ts'
import type { MetadataRecordInput } from '../../src-broker/core/quorum/records.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../src-broker/protocol/stored/metadata-records.ts'

export class Metadata {
  readonly image = new MetadataImage('test-cluster')
  readonly sessions = new Set<number>()
  #offset = 0

  /** As from the log: through bytes. */
  replay(records: readonly MetadataRecordInput[]): this {
    for (const record of records) this.image.replay(decodeMetadataRecord(encodeMetadataRecord(record)), this.#offset++)
    return this
  }

  /** Brokers that serve; `2/a` is broker 2 in rack a, `3!` is fenced. */
  brokers(...brokers: readonly string[]): this {
    for (const text of brokers) {
      const [, id, rack, mark] = /^(\d+)(?:\/(\w+))?(!?)$/.exec(text)!
      this.replay([
        {
          type: 'RegisterBrokerRecord',
          brokerId: Number(id),
          incarnationId: id!.padStart(32, '0'),
          brokerEpoch: this.#offset,
          endPoints: [],
          features: [],
          rack: rack ?? null,
          fenced: mark === '!',
          logDirs: [id!.padStart(32, 'd')],
        },
      ])
    }
    return this
  }

  /** `2,3,1 isr 2,3 leader 2`: replicas; all are in sync and the first one leads where nothing else is said. */
  topic(name: string, ...partitions: readonly string[]): this {
    const topicId = Buffer.from(name.padEnd(16, '-').slice(0, 16)).toString('hex')
    const ids = (text: string) => text.split(',').map(Number)
    this.replay([{ type: 'TopicRecord', name, topicId }])
    for (const [partitionId, text] of partitions.entries()) {
      const [, replicas, isr, leader] = /^([\d,]+)(?: isr ([\d,]+))?(?: leader (-?\d+))?$/.exec(text)!
      this.replay([
        {
          type: 'PartitionRecord',
          partitionId,
          topicId,
          replicas: ids(replicas!),
          isr: ids(isr ?? replicas!),
          removingReplicas: [],
          addingReplicas: [],
          leader: Number(leader ?? ids(isr ?? replicas!)[0]),
          leaderEpoch: 0,
          partitionEpoch: 0,
        },
      ])
    }
    return this
  }

  get situation(): Situation {
    return {
      image: this.image,
      config: createBrokerConfig(laptopSettings(3)),
      random: seededRandom(1),
      nextOffset: this.#offset,
      hasSession: (broker) => this.sessions.has(broker),
      replayedOffset: () => this.image.endOffset,
    }
  }

  /** Every partition as `leader epoch isr`, and `elr` and `last` (known leader) where there are any. */
  get partitions(): string[] {
    return [...this.image.partitions()].map(({ partition }) => {
      const { leader, leaderEpoch, isr, eligibleLeaderReplicas: elr, lastKnownElr } = partition
      const rest = [elr.length > 0 ? ` elr ${elr}` : '', lastKnownElr.length > 0 ? ` last ${lastKnownElr}` : '']
      return `leader ${leader} epoch ${leaderEpoch} isr ${isr}${rest.join('')}`
    })
  }
}
