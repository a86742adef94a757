// Where the window is, as the part of its address after #: back, forward, links and reload come for free.

export const topicTabs = ['messages', 'partitions', 'groups', 'config'] as const
export type TopicTab = (typeof topicTabs)[number]
export const groupTabs = ['offsets', 'members'] as const
export type GroupTab = (typeof groupTabs)[number]

export type Route =
  | { readonly view: 'cluster' }
  | { readonly view: 'topics' }
  | {
      readonly view: 'topic'
      readonly topic: string
      readonly tab: TopicTab
      readonly partition: number | null
      readonly offset: number | null
    }
  | { readonly view: 'groups' }
  | {
      readonly view: 'group'
      readonly groupId: string
      readonly tab: GroupTab
      /** The topic whose offsets are being moved. */
      readonly reset: string | null
    }

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?')
  const [view, name, tab] = path.split('/').map(decoded)
  const params = new URLSearchParams(query)
  if (view === 'topics' && name !== undefined && name !== '')
    return {
      view: 'topic',
      topic: name,
      tab: topicTabs.find((known) => known === tab) ?? 'messages',
      partition: natural(params.get('partition')),
      offset: natural(params.get('offset')),
    }
  if (view === 'groups' && name !== undefined && name !== '')
    return {
      view: 'group',
      groupId: name,
      tab: groupTabs.find((known) => known === tab) ?? 'offsets',
      reset: params.get('reset'),
    }
  if (view === 'topics' || view === 'groups') return { view }
  return { view: 'cluster' }
}

export function href(route: Route): string {
  if (route.view === 'topic') {
    const query = search({ partition: route.partition, offset: route.offset })
    return `#/topics/${encodeURIComponent(route.topic)}/${route.tab}${query}`
  }
  if (route.view === 'group')
    return `#/groups/${encodeURIComponent(route.groupId)}/${route.tab}${search({ reset: route.reset })}`
  return `#/${route.view}`
}

export const topicRoute = (topic: string, tab: TopicTab = 'messages'): Extract<Route, { view: 'topic' }> => ({
  view: 'topic',
  topic,
  tab,
  partition: null,
  offset: null,
})

export const groupRoute = (groupId: string, tab: GroupTab = 'offsets', reset: string | null = null): Route => ({
  view: 'group',
  groupId,
  tab,
  reset,
})

function search(params: Readonly<Record<string, string | number | null>>): string {
  const given = Object.entries(params).filter(([, value]) => value !== null)
  return given.length === 0 ? '' : `?${given.map(([key, value]) => `${key}=${encodeURIComponent(value!)}`).join('&')}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const natural = (text: string | null): number | null => (text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null)
