// Everything the palette can go to or do, as data. What was typed decides which of it is shown.
import { count } from '../../lib/format.ts'
import { matchScore, scattered } from '../../lib/match.ts'
import { groupRoute, href, type Route, topicRoute } from '../../lib/route.ts'
import { byName } from '../../lib/sort.ts'
import { plain } from '../../lib/visible.ts'
import type { App } from '../../state/app.svelte.ts'
import { actionsFor } from '../../state/cluster.svelte.ts'
import { type Place, placesIn } from './places.ts'

export interface Command {
  readonly id: string
  readonly section: 'Go to' | 'Topics' | 'Groups' | 'Brokers' | 'Do'
  readonly title: string
  readonly note?: string
  readonly keys?: string
  readonly isMono?: boolean
  readonly isFault?: boolean
  readonly run: () => void
}

const shownMax = 40
const sections = ['Go to', 'Topics', 'Groups', 'Brokers', 'Do'] as const

/** What acts on any topic or group is offered once something is typed; before that, only what acts on the one that is open. */
function commands(app: App, isTyped: boolean): readonly Command[] {
  return [...views(app), ...topics(app), ...groups(app), ...brokers(app), ...deedsOn(app, isTyped), ...deeds(app)]
}

const to = (app: App, route: Route) => (): void => app.router.go(route)

const views = (app: App): readonly Command[] =>
  (['cluster', 'topics', 'groups'] as const).map((view) => ({
    id: href({ view }),
    section: 'Go to',
    title: { cluster: 'Cluster', topics: 'Topics', groups: 'Groups' }[view],
    keys: `g ${view[0]}`,
    run: to(app, { view }),
  }))

const topics = (app: App): readonly Command[] =>
  (app.cluster.view?.topics ?? [])
    .toSorted((a, b) => Number(a.isInternal) - Number(b.isInternal) || byName(a.topic, b.topic))
    .map(({ topic, isInternal }) => ({
      id: href(topicRoute(topic)),
      section: 'Topics',
      title: topic,
      isMono: true,
      ...(isInternal ? { note: 'internal' } : {}),
      run: to(app, topicRoute(topic)),
    }))

const groups = (app: App): readonly Command[] =>
  (app.groups.list ?? []).map(({ groupId, state }) => ({
    id: href(groupRoute(groupId)),
    section: 'Groups',
    title: plain(groupId),
    isMono: true,
    note: state,
    run: to(app, groupRoute(groupId)),
  }))

const verbs = {
  kill: 'Kill',
  pause: 'Pause',
  resume: 'Resume',
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
} as const

const brokers = (app: App): readonly Command[] =>
  app.cluster.brokers.flatMap((broker) => {
    const actions = actionsFor(broker)
    const all = actions.includes('kill') ? [...actions, 'stop' as const] : actions
    return all.map((action) => ({
      id: `${action} ${broker.brokerId}`,
      section: 'Brokers' as const,
      title: `${verbs[action]} broker ${broker.brokerId}`,
      note: broker.state,
      isFault: action === 'kill' || action === 'pause',
      run: () => void app.cluster.act(broker.brokerId, action),
    }))
  })

/** By name and with what they act on, the open topic or group first. */
function deedsOn(app: App, isTyped: boolean): readonly Command[] {
  const { route } = app.router
  const openTopic = route.view === 'topic' ? route.topic : null
  const openGroup = route.view === 'group' ? route.groupId : null
  const first = (isOpen: boolean): number => (isOpen ? 0 : 1)
  const topics = (app.cluster.view?.topics ?? [])
    .filter(({ topic, isInternal }) => topic === openTopic || (isTyped && !isInternal))
    .toSorted((a, b) => first(a.topic === openTopic) - first(b.topic === openTopic) || byName(a.topic, b.topic))
  const groups = (app.groups.list ?? [])
    .filter(({ groupId }) => groupId === openGroup || isTyped)
    .toSorted((a, b) => first(a.groupId === openGroup) - first(b.groupId === openGroup))
  return [
    ...topics.flatMap(({ topic }) => topicDeeds(app, topic, topic === openTopic)),
    ...groups.flatMap(({ groupId, topics: [topic] }) => groupDeeds(app, groupId, topic)),
  ]
}

function topicDeeds(app: App, topic: string, isOpen: boolean): readonly Command[] {
  const follow = (): void => {
    app.router.go(topicRoute(topic))
    void app.messages(topic).goLive()
  }
  return [
    deed(`Produce to ${plain(topic)}`, () => app.produce(topic), isOpen ? 'p' : undefined),
    deed(`Live: follow ${plain(topic)}`, follow),
    deed(`Change configs of ${plain(topic)}`, to(app, topicRoute(topic, 'config'))),
    deed(`Add partitions to ${plain(topic)}…`, () => (app.dialog = { kind: 'add-partitions', topic })),
    deed(`Delete records of ${plain(topic)}…`, () => (app.dialog = { kind: 'delete-records', topic })),
    deed(`Delete topic ${plain(topic)}…`, () => (app.dialog = { kind: 'delete-topic', topic })),
  ]
}

const groupDeeds = (app: App, groupId: string, topic: string | undefined): readonly Command[] => [
  ...(topic === undefined
    ? []
    : [deed(`Reset offsets of ${plain(groupId)}…`, to(app, groupRoute(groupId, 'offsets', topic)))]),
  deed(`Delete group ${plain(groupId)}…`, () => (app.dialog = { kind: 'delete-group', groupId })),
]

const deed = (title: string, run: () => void, keys?: string): Command => ({
  id: `do ${title}`,
  section: 'Do',
  title,
  ...(keys === undefined ? {} : { keys }),
  run,
})

function deeds(app: App): readonly Command[] {
  const dialog = (
    title: string,
    kind: 'connect' | 'create-topic' | 'samples' | 'defaults' | 'events' | 'shortcuts',
    keys?: string,
  ): Command => deed(title, () => (app.dialog = { kind }), keys)
  return [
    ...(app.cluster.faultCount > 0 ? [deed('Heal all faults', () => void app.cluster.heal())] : []),
    dialog('Create topic…', 'create-topic', 'c'),
    dialog('Connect a client…', 'connect'),
    dialog('Load sample data…', 'samples'),
    dialog('What happened: events…', 'events'),
    dialog('Laptop defaults', 'defaults'),
    dialog('Keyboard shortcuts', 'shortcuts', '?'),
    deed('Theme as the system', () => app.preferences.setTheme('system')),
    deed('Light theme', () => app.preferences.setTheme('light')),
    deed('Dark theme', () => app.preferences.setTheme('dark')),
  ]
}

const goTo = (app: App, { topic, partition, offset }: Place): Command => ({
  id: `place ${topic} ${partition} ${offset}`,
  section: 'Go to',
  title: `${topic}${partition === null ? '' : `-${partition}`}${offset === null ? '' : ` @ ${count(offset)}`}`,
  isMono: true,
  note: partition === null ? 'all partitions from this offset' : offset === null ? 'partition' : 'offset',
  run: to(app, { ...topicRoute(topic), partition, offset }),
})

/** What can be typed, with a name that is there. */
export function examples(app: App): readonly { readonly typed: string; readonly what: string }[] {
  const topic = app.cluster.view?.topics.find(({ isInternal }) => !isInternal)?.topic ?? 'orders'
  return [
    { typed: `${topic}-0`, what: 'a partition' },
    { typed: `${topic}@42`, what: 'from an offset' },
    { typed: `${topic}-0@42`, what: 'a record' },
    { typed: 'produce', what: 'to a topic' },
    { typed: 'reset', what: "a group's offsets" },
    { typed: 'kill 2', what: 'a broker' },
  ]
}

export interface Section {
  readonly title: Command['section']
  readonly commands: readonly Command[]
}

export interface Found {
  readonly sections: readonly Section[]
  /** Why a place that was typed is none, or null. */
  readonly problem: string | null
}

/** The best fits by section; the section of the best fit comes first. */
export function search(app: App, typed: string): Found {
  const isTyped = typed.trim() !== ''
  const scored = commands(app, isTyped).map((command) => ({ command, score: matchScore(command.title, typed) }))
  // Letters in order are a last resort: once something holds the text itself, they only clutter.
  const floor = scored.some(({ score }) => score > scattered) ? scattered : 0
  const found = scored.filter(({ score }) => score > floor)
  if (isTyped) found.sort((a, b) => b.score - a.score)
  const { places, problem } = placesIn(typed, (topic) => app.cluster.topicByName.get(topic)?.partitions.length)
  const shown = [
    ...places.map((place) => goTo(app, place)),
    ...limited(
      found.map(({ command }) => command),
      typed,
    ),
  ]
  const order = isTyped ? [...new Set(shown.map((command) => command.section))] : sections
  return {
    sections: order
      .map((title) => ({ title, commands: shown.filter((command) => command.section === title) }))
      .filter((section) => section.commands.length > 0),
    problem,
  }
}

/** With nothing typed a few of each; otherwise the best forty. */
function limited(found: readonly Command[], typed: string): readonly Command[] {
  if (typed.trim() !== '') return found.slice(0, shownMax)
  const seen = new Map<string, number>()
  return found.filter(({ section }) => {
    const n = (seen.get(section) ?? 0) + 1
    seen.set(section, n)
    return n <= (section === 'Topics' || section === 'Groups' ? 6 : 12)
  })
}
