// Everything the palette can go to or do, as data. What was typed decides which of it is shown.

import { matchScore, scattered } from '../../lib/match.ts'
import { groupRoute, href, type Route, topicRoute } from '../../lib/route.ts'
import { byName } from '../../lib/sort.ts'
import { plain } from '../../lib/visible.ts'
import type { App } from '../../state/app.svelte.ts'
import { actionsFor } from '../../state/cluster.svelte.ts'

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

export function commands(app: App): readonly Command[] {
  return [...views(app), ...topics(app), ...groups(app), ...brokers(app), ...deeds(app)]
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

function deeds(app: App): readonly Command[] {
  const { route } = app.router
  const here: Command[] =
    route.view === 'topic'
      ? [
          {
            id: 'produce',
            section: 'Do',
            title: `Produce to ${plain(route.topic)}`,
            keys: 'p',
            run: () => app.produce(route.topic),
          },
          {
            id: 'delete',
            section: 'Do',
            title: `Delete topic ${plain(route.topic)}…`,
            run: () => (app.dialog = { kind: 'delete-topic', topic: route.topic }),
          },
        ]
      : []
  const dialog = (
    title: string,
    kind: 'connect' | 'create-topic' | 'samples' | 'defaults' | 'events' | 'shortcuts',
    keys?: string,
  ): Command => ({
    id: kind,
    section: 'Do',
    title,
    ...(keys === undefined ? {} : { keys }),
    run: () => (app.dialog = { kind }),
  })
  const heal: Command = { id: 'heal', section: 'Do', title: 'Heal all faults', run: () => void app.cluster.heal() }
  return [
    ...here,
    ...(app.cluster.faultCount > 0 ? [heal] : []),
    dialog('Create topic…', 'create-topic', 'c'),
    dialog('Connect a client…', 'connect'),
    dialog('Load sample data…', 'samples'),
    dialog('What happened: events…', 'events'),
    dialog('Laptop defaults', 'defaults'),
    dialog('Keyboard shortcuts', 'shortcuts', '?'),
    ...(['system', 'light', 'dark'] as const).map(
      (theme): Command => ({
        id: `theme ${theme}`,
        section: 'Do',
        title: theme === 'system' ? 'Theme as the system' : `${theme === 'light' ? 'Light' : 'Dark'} theme`,
        run: () => app.preferences.setTheme(theme),
      }),
    ),
  ]
}

/** `orders 1 @ 16100`, `orders-1:16,100`: a place in a log. */
function place(app: App, typed: string): Command | null {
  const m = /^(.+?)[\s\-/]+(\d{1,5})\s*[@:\s]\s*([\d,]{1,18})$/.exec(typed.trim())
  const topic = m?.[1]?.trim()
  if (m === null || topic === undefined || !app.cluster.topicByName.has(topic)) return null
  const partition = Number(m[2])
  const offset = Number(m[3]!.replaceAll(',', ''))
  return {
    id: `place ${typed}`,
    section: 'Go to',
    title: `${topic}-${partition} @ ${offset}`,
    isMono: true,
    note: 'offset',
    run: to(app, { ...topicRoute(topic), partition, offset }),
  }
}

export interface Section {
  readonly title: Command['section']
  readonly commands: readonly Command[]
}

/** The best fits by section; the section of the best fit comes first. */
export function search(app: App, typed: string): readonly Section[] {
  const scored = commands(app).map((command) => ({ command, score: matchScore(command.title, typed) }))
  // Letters in order are a last resort: once something holds the text itself, they only clutter.
  const floor = scored.some(({ score }) => score > scattered) ? scattered : 0
  const found = scored.filter(({ score }) => score > floor)
  if (typed.trim() !== '') found.sort((a, b) => b.score - a.score)
  const at = place(app, typed)
  const shown = [
    ...(at === null ? [] : [at]),
    ...limited(
      found.map(({ command }) => command),
      typed,
    ),
  ]
  const order = typed.trim() === '' ? sections : [...new Set(shown.map((command) => command.section))]
  return order
    .map((title) => ({ title, commands: shown.filter((command) => command.section === title) }))
    .filter((section) => section.commands.length > 0)
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
