// Kafka's topic name rule (org.apache.kafka.common.internals.Topic). The same rule keeps a topic's directory inside the
// broker's own.

const topicNameLengthMax = 249
/** Its directory is that of the Raft log: a topic of that name would write into it. */
const metadataTopic = '__cluster_metadata'

/** Why the name is refused, in Kafka's words; undefined where it is fine. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.') return "'.' is not allowed"
  if (name === '..') return "'..' is not allowed"
  if (name === metadataTopic) return `'${name}' is the quorum's own log`
  if (name.length > topicNameLengthMax) {
    return `the length of '${name}' is longer than the max allowed length ${topicNameLengthMax}`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return undefined
}

export const isValidTopicName = (name: string): boolean => topicNameProblem(name) === undefined

/** Names that differ only in `.` and `_` would share metric names, so Kafka allows one of them only. */
export const collisionKey = (name: string): string => name.replaceAll('.', '_')
