// What a topic's settings say about who may lead it: its own, else those of all brokers. min.insync.replicas of all brokers is in the
// metadata from the first controller on, and no broker has one of its own: the controller and a partition's leader, who read the same
// records in the same order, go by the same number (KIP-966).
import { topicDefinition } from '../../config/topic-configs.ts'
import type { Situation } from './decision.ts'
import type { WantedChange } from './partition-change.ts'

type Settings = Pick<Situation, 'image' | 'config'>
export type TopicRules = Required<Pick<WantedChange, 'minInsyncReplicas' | 'directoryOf'>>

export function topicRules({ image, config }: Settings, topic: string): TopicRules {
  const own = image.topicConfigs(topic).get('min.insync.replicas')
  return {
    minInsyncReplicas: own === undefined ? config.minInsyncReplicas : Number(own),
    directoryOf: (broker) => image.directoryOf(broker),
  }
}

/** Where nobody eligible is alive: whether somebody else may lead at once. */
export function electionOf({ image, config }: Settings, topic: string): 'unclean' | 'keep' {
  const name = 'unclean.leader.election.enable'
  const own = image.topicConfigs(topic).get(name)
  const isAllowed = own === undefined ? config.uncleanLeaderElectionEnable : topicDefinition(name)!.parse(own)
  return isAllowed === true ? 'unclean' : 'keep'
}
