import { MalformedFrame } from '../../protocol/reader.ts'
import { decodeSubscription } from '../../protocol/stored/consumer-protocol.ts'
import { type ClassicGroup, metadataOf } from './group.ts'

/** What the members of a consumer group read, to keep those offsets alive; null where that cannot be told. */
export function subscribedTopics(group: ClassicGroup): ReadonlySet<string> | null {
  if (group.protocolType !== 'consumer') return null
  const topics = new Set<string>()
  try {
    for (const member of group.members.values()) {
      for (const topic of decodeSubscription(metadataOf(member, group.protocolName)).topics) topics.add(topic)
    }
  } catch (error) {
    // Anyone may call its protocol 'consumer' and send what it likes.
    if (error instanceof MalformedFrame) return null
    throw error
  }
  return topics
}
