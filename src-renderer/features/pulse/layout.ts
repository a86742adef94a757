// Where everything of the pulse lies, in pixels: a pure function of what happened and the stretch in sight.
import type { BrokerView, PulseEvent } from '../../../src-main/contract/cluster.ts'
import { duration } from '../../lib/format.ts'
import { plain } from '../../lib/visible.ts'

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
export interface Label {
  readonly text: string
  /** `inside`: on the span that begins here, where there is no room before it. */
  readonly anchor: 'start' | 'end' | 'inside'
  readonly widthMax: number
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
    return {
      brokerId,
      title: broker === null ? 'cluster' : `broker ${brokerId}`,
      spans: stretches.flatMap((stretch) => drawSpan(stretch, frame)),
      marks: label(cluster(own, frame), new Set(stretches.map((stretch) => stretch.event)), frame),
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
  const fits = stretch.isOver && width > frame.measure(lasted) + 16
  return [
    {
      key: `${stretch.word}${stretch.fromMs}`,
      x: from,
      width,
      tone: stretch.tone,
      title: text,
      label: fits ? lasted : null,
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

const gap = 6
const labelWidthMin = 44

/**
 * A label stands to the right of its mark, else to the left, else is cut short; never over another. What opens a span stands to the
 * left, out of the hatch, and its neighbour leaves it room.
 */
function label(clusters: readonly Cluster[], openers: Openers, frame: Frame): readonly Mark[] {
  const opens = ({ events }: Cluster): boolean => events.some((event) => openers.has(event))
  const texts = clusters.map(({ events }) => labelOf(events, openers))
  const widths = texts.map((text) => Math.ceil(frame.measure(text)) + gap)
  let free = 0
  return clusters.map(({ x, events }, index) => {
    const next = clusters[index + 1]
    const reserved = next !== undefined && opens(next) ? widths[index + 1]! + gap : 0
    const roomRight = (next?.x ?? frame.width) - reserved - x - gap
    const roomLeft = x - free - gap
    const placed = place(texts[index]!, widths[index]!, roomLeft, roomRight, opens({ x, events }))
    free = placed !== null && placed.anchor !== 'end' ? x + gap + placed.widthMax : x + gap
    return { key: String(events[0]!.id), x, tone: toneOf(events), title: titleOf(events), label: placed }
  })
}

/** The events that begin a span; a fence under a kill begins none. */
type Openers = ReadonlySet<PulseEvent | null>

function place(text: string, width: number, left: number, right: number, isOpening: boolean): Label | null {
  if (isOpening)
    return left >= width ? { text, anchor: 'end', widthMax: width } : { text, anchor: 'inside', widthMax: width + 8 }
  if (right >= width) return { text, anchor: 'start', widthMax: width }
  if (left >= width) return { text, anchor: 'end', widthMax: width }
  if (right >= labelWidthMin) return { text, anchor: 'start', widthMax: right }
  return left >= labelWidthMin ? { text, anchor: 'end', widthMax: left } : null
}

/** As said in the lane of its broker, whose name stands before it already. */
export function sentence(event: PulseEvent): string {
  const said = plain(event.text).replace(new RegExp(`^broker ${event.brokerId} (is )?`), '')
  return said + (event.durationMs === null ? '' : ` (${duration(event.durationMs)})`)
}

function labelOf(events: readonly PulseEvent[], openers: Openers): string {
  const opener = events.find((event) => openers.has(event))
  if (opener !== undefined) return opening[opener.kind]!
  const texts = new Set(events.map(sentence))
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
