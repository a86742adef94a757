// What a topic's settings say about who may lead it: its own, else the brokers'.
import { topicDefinition } from '../../config/topic-configs.ts'
import type { Situation } from './decision.ts'
import type { WantedChange } from './partition-change.ts'

type Settings = Pick<Situation, 'image' | 'config'>
export type TopicRules = Required<Pick<WantedChange, 'minInsyncReplicas' | 'directoryOf'>>

const minInsyncReplicas = 'min.insync.replicas'

export function topicRules({ image, config }: Settings, topic: string): TopicRules {
  const own = image.topicConfigs(topic).get(minInsyncReplicas)
  return {
    minInsyncReplicas: own === undefined ? leastOfBrokers({ image, config }) : Number(own),
    directoryOf: (broker) => image.directoryOf(broker),
  }
}

/** A broker may go by a number of its own. Eligible is who would be by the smallest: with it the high watermark moves first. */
function leastOfBrokers({ image, config }: Settings): number {
  const own = [...image.brokers.keys()].flatMap((id) => image.brokerConfigs(String(id)).get(minInsyncReplicas) ?? [])
  return Math.min(config.minInsyncReplicas, ...own.map(Number))
}

/** Where nobody eligible is alive: whether somebody else may lead at once. */
export function electionOf({ image, config }: Settings, topic: string): 'unclean' | 'keep' {
  const name = 'unclean.leader.election.enable'
  const own = image.topicConfigs(topic).get(name)
  const isAllowed = own === undefined ? config.uncleanLeaderElectionEnable : topicDefinition(name)!.parse(own)
  return isAllowed === true ? 'unclean' : 'keep'
}
