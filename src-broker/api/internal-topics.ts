const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

/** Topics that the cluster keeps for itself; clients see them flagged. */
export const isInternalTopic = (name: string): boolean => internalTopics.has(name)
