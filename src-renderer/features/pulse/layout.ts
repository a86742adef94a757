// Where everything of the pulse lies, in pixels: a pure function of what happened and the stretch in sight.
import type { BrokerView, PulseEvent } from '../../../src-main/contract/cluster.ts'
import { duration } from '../../lib/format.ts'
import { plain } from '../../lib/visible.ts'
import { gap, type Label, Room } from './room.ts'

export type Tone = 'fault' | 'bad' | 'warn' | 'plain' | 'quiet' | 'off'

export interface Lane {
  readonly brokerId: number | null
  readonly title: string
  readonly spans: readonly Span[]
  readonly marks: readonly Mark[]
}
export interface Span {
  readonly key: string
  readonly x: number
  readonly width: number
  readonly tone: Tone
  readonly title: string
  /** How long it lasted, where there is room to say it. */
  readonly label: string | null
}
export interface Mark {
  readonly key: string
  readonly x: number
  readonly tone: Tone
  readonly title: string
  readonly label: Label | null
}
export interface Frame {
  readonly fromMs: number
  readonly toMs: number
  readonly nowMs: number
  readonly width: number
  readonly measure: (text: string) => number
}

export function layoutPulse(
  events: readonly PulseEvent[],
  brokers: readonly BrokerView[],
  frame: Frame,
): readonly Lane[] {
  const lanes: (BrokerView | null)[] = [null, ...brokers]
  return lanes.map((broker) => {
    const brokerId = broker?.brokerId ?? null
    const own = events.filter((event) => event.brokerId === brokerId && event.atMs <= frame.toMs)
    const stretches = broker === null ? [] : stretchesOf(own, broker, frame.nowMs)
    const spans = stretches.flatMap((stretch) => drawSpan(stretch, frame))
    const openers = new Set(stretches.map((stretch) => stretch.event))
    return {
      brokerId,
      title: broker === null ? 'cluster' : `broker ${brokerId}`,
      ...labelled(cluster(own, frame), spans, openers, frame),
    }
  })
}

interface Stretch {
  readonly event: PulseEvent | null
  readonly fromMs: number
  toMs: number
  isOver: boolean
  readonly tone: Tone
  readonly word: string
}

const opening: Partial<Record<PulseEvent['kind'], string>> = {
  'broker-killed': 'killed',
  'broker-paused': 'paused',
  'broker-stopped': 'stopped',
  'broker-crashed': 'crashed',
  'broker-fenced': 'fenced',
}
const closing: Partial<Record<PulseEvent['kind'], readonly string[]>> = {
  'broker-started': ['killed', 'paused', 'stopped', 'crashed', 'fenced'],
  'broker-resumed': ['paused'],
  'broker-unfenced': ['fenced'],
}

/** The times a broker did not serve. One at a time: what begins later ends what was, but a fence is only a consequence. */
function stretchesOf(events: readonly PulseEvent[], broker: BrokerView, nowMs: number): readonly Stretch[] {
  const out: Stretch[] = []
  let open: Stretch | null = null
  const close = (atMs: number): void => {
    if (open !== null) Object.assign(open, { toMs: atMs, isOver: true })
    open = null
  }
  for (const event of events) {
    const word = opening[event.kind]
    if (word !== undefined && !(word === 'fenced' && open !== null)) {
      close(event.atMs)
      open = { event, fromMs: event.atMs, toMs: nowMs, isOver: false, tone: toneOfSpan(event, word), word }
      out.push(open)
    } else if (open !== null && closing[event.kind]?.includes((open as Stretch).word)) close(event.atMs)
  }
  if (open === null && broker.isInjected)
    out.push({ event: null, fromMs: broker.sinceMs, toMs: nowMs, isOver: false, tone: 'fault', word: broker.state })
  return out
}

function toneOfSpan(event: PulseEvent, word: string): Tone {
  if (event.isInjected) return 'fault'
  if (word === 'stopped') return 'off'
  return word === 'fenced' ? 'warn' : 'bad'
}

const xOf = (atMs: number, frame: Frame): number => ((atMs - frame.fromMs) / (frame.toMs - frame.fromMs)) * frame.width

function drawSpan(stretch: Stretch, frame: Frame): readonly Span[] {
  const from = Math.max(0, xOf(stretch.fromMs, frame))
  const to = Math.min(frame.width, xOf(stretch.toMs, frame))
  if (to <= from && !(stretch.isOver && to > 0 && from < frame.width)) return []
  const lasted = duration(stretch.toMs - stretch.fromMs)
  const text = `${stretch.word} ${stretch.isOver ? `for ${lasted}` : 'until now'}`
  const width = Math.max(2, to - from)
  return [
    {
      key: `${stretch.word}${stretch.fromMs}`,
      x: from,
      width,
      tone: stretch.tone,
      title: text,
      label: stretch.isOver ? lasted : null,
    },
  ]
}

interface Cluster {
  readonly x: number
  readonly events: PulseEvent[]
}

const closeTogetherPx = 4

/** Events too close to tell apart stand under one mark. */
function cluster(events: readonly PulseEvent[], frame: Frame): readonly Cluster[] {
  const out: Cluster[] = []
  for (const event of events) {
    const x = xOf(event.atMs, frame)
    if (x < 0) continue
    const last = out.at(-1)
    if (last !== undefined && x - last.x < closeTogetherPx) last.events.push(event)
    else out.push({ x, events: [event] })
  }
  return out
}

/**
 * Labels take turns for the room of their lane: first what opens a span, then how long spans lasted, then trouble and what was
 * injected, then the newest. Each stands whole to the right of its mark, else whole to the left, else cut short, else not at all: the
 * mark tells on hover. None ever crosses another label, a mark or the edge of a span.
 */
function labelled(
  clusters: readonly Cluster[],
  spans: readonly Span[],
  openers: Openers,
  frame: Frame,
): Pick<Lane, 'spans' | 'marks'> {
  const opens = ({ events }: Cluster): boolean => events.some((event) => openers.has(event))
  const room = new Room(frame.width, [
    ...clusters.map(({ x }) => x),
    ...spans.flatMap(({ x, width }) => [x, x + width]),
  ])
  const labels = new Map<Cluster, Label>()
  const give = (some: readonly Cluster[]): void => {
    for (const each of some) {
      const text = labelOf(each.events, openers)
      const width = Math.ceil(frame.measure(text)) + gap
      const isOnSpan = spans.some((span) => each.x >= span.x - 1 && each.x < span.x + span.width)
      const label = room.place(text, each.x, width, opens(each), isOnSpan)
      if (label !== null) labels.set(each, label)
    }
  }
  give(clusters.filter(opens))
  const told = spans.map((span) => {
    const width = span.label === null ? 0 : frame.measure(span.label) + 2 * gap
    const middle = span.x + span.width / 2
    const isFree = span.label !== null && room.take(middle - width / 2, middle + width / 2)
    return isFree ? span : { ...span, label: null }
  })
  give(
    clusters
      .filter((each) => !opens(each))
      .toReversed()
      .toSorted((one, other) => weightOf(other.events) - weightOf(one.events)),
  )
  const marks = clusters.map(({ x, events }, index) => {
    const label = labels.get(clusters[index]!) ?? null
    return { key: String(events[0]!.id), x, tone: toneOf(events), title: titleOf(events), label }
  })
  return { spans: told, marks }
}

/** The events that begin a span; a fence under a kill begins none. */
type Openers = ReadonlySet<PulseEvent | null>

/** As said in the lane of its broker, whose name stands before it already. */
export function sentence(event: PulseEvent): string {
  const said = plain(event.text).replace(new RegExp(`^broker ${event.brokerId} (is )?`), '')
  return said + (event.durationMs === null ? '' : ` (${duration(event.durationMs)})`)
}

function labelOf(events: readonly PulseEvent[], openers: Openers): string {
  const opener = events.find((event) => openers.has(event))
  if (opener !== undefined) return opening[opener.kind]!
  const texts = new Set(events.toSorted((one, other) => weightOf([other]) - weightOf([one])).map(sentence))
  const [first = '', second, ...rest] = texts
  if (second === undefined) return first
  return `${first} · ${rest.length === 0 ? second : `${rest.length + 1} more`}`
}

function titleOf(events: readonly PulseEvent[]): string {
  const lines = events.slice(0, 8).map(sentence)
  return events.length > 8 ? [...lines, `and ${events.length - 8} more`].join('\n') : lines.join('\n')
}

function toneOf(events: readonly PulseEvent[]): Tone {
  if (events.some((event) => event.severity === 'trouble' && !event.isInjected)) return 'bad'
  if (events.some((event) => event.isInjected)) return 'fault'
  if (events.some((event) => event.severity === 'warning')) return 'warn'
  return events.some((event) => weighty.has(event.kind)) ? 'plain' : 'quiet'
}

const weighty = new Set<PulseEvent['kind']>(['leader-changed', 'controller-elected', 'isr-shrunk', 'broker-started'])

/** What is told first where not all can be. */
function weightOf(events: readonly PulseEvent[]): number {
  const tone = toneOf(events)
  if (tone === 'bad') return 3
  if (tone === 'fault') return 2
  return events.some(({ kind }) => kind === 'leader-changed') ? 1 : 0
}

export interface AxisTick {
  readonly x: number
  readonly text: string
}

const steps = [10_000, 30_000, 60_000, 180_000, 300_000, 600_000]

/** Ages while the axis follows the clock, clock times while looking back. */
export function axis(frame: Frame, isFollowing: boolean, clock: (ms: number) => string): readonly AxisTick[] {
  const span = frame.toMs - frame.fromMs
  const step = steps.find((s) => span / s <= 8) ?? span / 6
  if (!isFollowing) {
    const ticks: AxisTick[] = []
    for (let at = Math.ceil(frame.fromMs / step) * step; at <= frame.toMs; at += step)
      ticks.push({ x: xOf(at, frame), text: clock(at) })
    return ticks
  }
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => ({
    x: xOf(frame.toMs - i * step, frame),
    text: i === 0 ? 'now' : `−${duration(i * step)}`,
  }))
}
