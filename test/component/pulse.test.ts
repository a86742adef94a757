import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { BrokerView, PulseEvent } from '../../src-main/contract/cluster.ts'
import { type Frame, type Lane, layoutPulse } from '../../src-renderer/features/pulse/layout.ts'
import { FakeHost } from './support/fake-host.ts'
import { scenarios } from './support/scenarios.ts'
import { openWindow, rowsOf } from './support/window.ts'

test('what the user injected is the orange hatch, a crash is solid red', async () => {
  await openWindow(scenarios.crashed())
  const killed = page.getByRole('img', { name: 'broker 2: killed until now' })
  const crashed = page.getByRole('img', { name: 'broker 3: crashed until now' })
  await expect.element(killed).toBeVisible()
  expect(getComputedStyle(killed.element()).backgroundImage).toContain('repeating-linear-gradient')
  expect(getComputedStyle(crashed.element()).backgroundImage).toBe('none')
})

test('the pulse stands on every page and says what happened, with durations', async () => {
  const host = scenarios.busy()
  await openWindow(host)
  for (const hash of ['#/topics', '#/topics/orders/messages', '#/groups', '#/groups/checkout']) {
    location.hash = hash
    await expect.element(page.getByRole('log')).toMatchTextContent('leader of payments-1 (38 ms)')
  }
})

test('Heal all ends what was injected', async () => {
  const host = scenarios.busy()
  await openWindow(host)
  await page.getByRole('button', { name: 'Heal all' }).click()
  await expect.element(page.getByRole('columnheader', { name: 'Broker 2, up' })).toBeVisible()
  expect(host.asked('cluster.heal').length).toBe(1)
  await expect.element(page.getByRole('button', { name: 'Heal all' })).toBeDisabled()
})

test('looking back asks the host for what lies further back, and Back to now returns', async () => {
  const host = new FakeHost()
  await openWindow(host)
  const before = host.asked('pulse.history').length
  ;(page.getByRole('group', { name: /^Time axis/ }).element() as HTMLElement).focus()
  for (let i = 0; i < 25; i += 1) await userEvent.keyboard('{ArrowLeft}')
  await expect.element(page.getByText(/^Looking back/)).toBeVisible()
  expect(host.asked('pulse.history').length).toBeGreaterThan(before)
  await page.getByRole('button', { name: 'Back to now' }).click()
  await expect.element(page.getByText(/Drag to look back/)).toBeVisible()
})

test('the list of events has what the labels have no room for', async () => {
  await openWindow(scenarios.busy())
  await page.getByRole('button', { name: 'Events…' }).click()
  const events = page.getByRole('grid', { name: 'Events' })
  await expect.element(events).toMatchTextContent('group checkout rebalanced')
  await expect.element(events).toMatchTextContent('1.9 s')
})

test('a sentence that is longer than its column breaks into lines, and no row lies over another', async () => {
  const host = new FakeHost()
  const names = Array.from({ length: 40 }, (_, index) => `team.domain.topic-${index}`)
  host.cluster.happened({ kind: 'isr-shrunk', text: `broker 1 left the in-sync replicas: ${names.join(', ')}` })
  host.cluster.happened({ kind: 'broker-started', text: 'broker 1 started' })
  await openWindow(host)
  await page.getByRole('button', { name: 'Events…' }).click()
  await expect.element(page.getByText(/team\.domain\.topic-39/).last()).toBeVisible()
  const cells = rowsOf('Events').map((row) => [row, row.querySelector<HTMLElement>('.what')!] as const)
  for (const [row, cell] of cells) expect(cell.scrollHeight).toBeLessThanOrEqual(row.clientHeight + 1)
  expect(cells[1]![0].clientHeight).toBeGreaterThan(2 * cells[0]![0].clientHeight)
})

const broker = (brokerId: number): BrokerView => ({
  brokerId,
  state: 'up',
  reason: null,
  isInjected: false,
  sinceMs: 0,
  host: '127.0.0.1',
  port: 9092,
  isController: false,
  logBytes: 0,
  connections: 0,
  leaderCount: 0,
  replicaCount: 0,
})
const event = (id: number, atMs: number, kind: PulseEvent['kind'], text: string): PulseEvent => ({
  id,
  atMs,
  brokerId: 1,
  kind,
  text,
  durationMs: null,
  isInjected: kind === 'broker-killed',
  severity: 'info',
})
const frame: Frame = { fromMs: 0, toMs: 1000, nowMs: 1000, width: 1000, measure: (text) => text.length * 6 }

test('a broker that was killed and started again leaves one span with its duration', () => {
  const events = [event(1, 200, 'broker-killed', 'killed'), event(2, 700, 'broker-started', 'started')]
  const lane = layoutPulse(events, [broker(1)], frame)[1]!
  expect(lane.spans).toEqual([
    { key: 'killed200', x: 200, width: 500, tone: 'fault', title: 'killed for 500 ms', label: '500 ms' },
  ])
})

test('what opens a span is named in one word, before the span where there is room', () => {
  const at = (ms: number) => [
    event(1, 10, 'broker-started', 'broker 1 started'),
    event(2, ms, 'broker-killed', 'broker 1 killed'),
    event(3, ms, 'isr-shrunk', 'ISR 3 → 2'),
  ]
  const labels = (ms: number) =>
    layoutPulse(at(ms), [broker(1)], frame)[1]!.marks.map(({ label }) => label && [label.text, label.anchor])
  expect(labels(500)).toEqual([
    ['started', 'start'],
    ['killed', 'end'],
  ])
  expect(labels(30)).toEqual([null, ['killed', 'inside']])
})

/** From and to of everything that is written in a lane. */
function written({ marks, spans }: Lane): readonly (readonly [number, number])[] {
  const labels = marks.flatMap(({ x, label }) => {
    if (label === null) return []
    return [label.anchor === 'end' ? ([x - label.widthMax, x - 1] as const) : ([x + 1, x + label.widthMax] as const)]
  })
  const lasted = spans.flatMap(({ x, width, label }) => {
    const half = label === null ? 0 : frame.measure(label) / 2
    return label === null ? [] : [[x + width / 2 - half, x + width / 2 + half] as const]
  })
  return [...labels, ...lasted].toSorted((one, other) => one[0] - other[0])
}

test('a broker paused and resumed a moment later is not written over itself', () => {
  const events = [
    event(1, 400, 'leader-changed', 'leader of 6 of flights and 13 of __consumer_offsets, taken over from broker 1'),
    event(2, 420, 'broker-paused', 'broker 1 paused'),
    event(3, 450, 'broker-resumed', 'broker 1 resumed'),
    event(4, 470, 'isr-expanded', 'broker 1 joined the in-sync replicas: 6 of flights'),
  ]
  const lane = layoutPulse(events, [broker(1)], frame)[1]!
  expect(lane.marks.map(({ label }) => label && `${label.text.slice(0, 9)} ${label.anchor}`)).toEqual([
    'leader of end',
    null,
    null,
    'joined th start',
  ])
  expect(lane.marks.map(({ title }) => title.split(' ')[0])).toEqual(['leader', 'paused', 'resumed', 'joined'])
  const boxes = written(lane)
  expect(boxes.filter((box, index) => index > 0 && box[0] < boxes[index - 1]![1])).toEqual([])
})

test('a fence that follows a kill is not told twice', () => {
  const events = [event(1, 200, 'broker-killed', 'killed'), event(2, 300, 'broker-fenced', 'fenced')]
  const lane = layoutPulse(events, [broker(1)], frame)[1]!
  expect(lane.spans.map((span) => span.tone)).toEqual(['fault'])
  expect(lane.marks.map(({ label }) => label?.anchor)).toEqual(['end', 'inside'])
})

test('labels never lie over one another, however dense the events', () => {
  const events = Array.from({ length: 60 }, (_, i) =>
    event(i + 1, (i * i * 7) % 1000, 'leader-changed', `leader of orders-${i}`),
  )
  events.sort((a, b) => a.atMs - b.atMs)
  const lane = layoutPulse(events, [broker(1)], { ...frame, width: 3000 })[1]!
  const boxes = written(lane)
  const overlaps = boxes.filter((box, i) => i > 0 && box[0] < boxes[i - 1]![1])
  expect(overlaps).toEqual([])
  expect(boxes.length).toBeGreaterThan(0)
})
