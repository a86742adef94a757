import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { FakeHost } from './support/fake-host.ts'
import { scenarios } from './support/scenarios.ts'
import { openWindow } from './support/window.ts'

const palette = () => page.getByRole('dialog', { name: 'Go to or do' })

async function typed(text: string): Promise<void> {
  await userEvent.keyboard('{Control>}k{/Control}')
  await expect.element(palette()).toBeVisible()
  await userEvent.keyboard(text)
}

test('the palette goes to a topic', async () => {
  await openWindow(scenarios.many())
  await typed('events.237')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => location.hash).toBe('#/topics/events.237/messages')
  await expect.element(palette()).not.toBeInTheDocument()
})

test('the palette kills a broker, and offers only what fits its state', async () => {
  const host = scenarios.busy()
  await openWindow(host)
  await typed('broker 2')
  await expect.element(palette().getByText('Start broker 2')).toBeVisible()
  expect(palette().getByText('Kill broker 2').query()).toBeNull()
  await userEvent.keyboard('{Escape}')
  await typed('kill broker 3')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => host.asked('broker.kill')).toEqual([{ brokerId: 3 }])
})

test('the palette goes to an offset', async () => {
  const host = scenarios.calm()
  await openWindow(host)
  await typed('orders-1 @ 16,000')
  await userEvent.keyboard('{Enter}')
  await expect
    .poll(() => host.asked('messages.page').at(-1))
    .toMatchObject({ partitions: [1], from: { kind: 'offset', offset: 16_000 } })
  await expect.element(page.getByRole('region', { name: 'Message orders-1 at 16000' })).toBeVisible()
})

test.each([
  ['orders-2', { partitions: [2], from: { kind: 'newest' } }],
  ['orders@16000', { partitions: null, from: { kind: 'offset', offset: 16_000 } }],
  ['orders:16,000', { partitions: null, from: { kind: 'offset', offset: 16_000 } }],
  ['orders 1 4', { partitions: [1], from: { kind: 'offset', offset: 4 } }],
])('the palette takes %s for a place', async (text, question) => {
  const host = scenarios.calm()
  await openWindow(host)
  await typed(text)
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => host.asked('messages.page').at(-1)).toMatchObject({ topic: 'orders', ...question })
})

test('a partition that is not there is said so, a topic that looks like one is found', async () => {
  const host = scenarios.calm()
  host.cluster.create({ name: 'orders-7', partitions: 1 })
  await openWindow(host)
  await typed('orders-3')
  await expect.element(palette().getByText('orders has 3 partitions: 0 to 2.')).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await typed('orders-7')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => location.hash).toBe('#/topics/orders-7/messages')
})

test('the palette does by name, and says what it acts on', async () => {
  const host = scenarios.calm()
  await openWindow(host)
  await typed('reset nightly')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => location.hash).toBe('#/groups/nightly/offsets?reset=orders')
  await typed('produce')
  await expect.element(palette().getByRole('option', { name: 'Produce to flights' })).toBeVisible()
  await userEvent.keyboard(' weather{Enter}')
  await expect.element(page.getByRole('dialog', { name: 'Produce to weather' })).toBeVisible()
})

test('the palette shows what can be typed, and types it', async () => {
  await openWindow(scenarios.calm())
  await typed('nowhere at all')
  await expect.element(palette().getByText('Nothing is called that.')).toBeVisible()
  await palette().getByRole('button', { name: 'kill 2' }).click()
  await expect.element(palette().getByRole('option', { name: 'Kill broker 2 up' })).toBeVisible()
})

test('the side bar shows whole rows, the open topic among them, and how many more there are', async () => {
  await openWindow(scenarios.many(), '#/topics/events.96/messages')
  const topics = page.getByRole('list', { name: 'Topics' })
  await expect.element(topics.getByRole('link', { name: /^events\.96/ })).toBeInViewport({ ratio: 1 })
  const list = topics.element() as HTMLElement
  expect(list.clientHeight % 28).toBe(0)
  const more = list.closest('.side')!.querySelector<HTMLElement>('.more')!
  await expect.poll(() => more.innerText).toMatch(/^\d+ above · \d+ more\s+↓$/)
  more.click()
  const before = Number.parseInt(more.innerText, 10)
  await expect.poll(() => Number.parseInt(more.innerText, 10)).toBeGreaterThan(before)
})

test('of a thousand topics the side bar lists some and counts all the others', async () => {
  const host = new FakeHost()
  for (let n = 0; n < 200; n++) host.cluster.create({ name: `t-${n}`, partitions: 1, records: 0 })
  await openWindow(host)
  const list = page.getByRole('list', { name: 'Topics' }).element() as HTMLElement
  const more = list.closest('.side')!.querySelector<HTMLElement>('.more')!
  await expect.poll(() => Number.parseInt(more.innerText, 10) + Math.round(list.clientHeight / 28)).toBe(200)
})

test('single keys go places, but not while something is typed', async () => {
  await openWindow(scenarios.calm())
  await userEvent.keyboard('gt')
  await expect.poll(() => location.hash).toBe('#/topics')
  await userEvent.keyboard('/ggc')
  expect(location.hash).toBe('#/topics')
  await expect.element(page.getByLabelText('Filter topics')).toHaveValue('ggc')
})

test('when the host goes away the window says so, keeps what it knew, and asks again when it is back', async () => {
  const host = scenarios.calm()
  await openWindow(host)
  host.become('gone')
  await expect.element(page.getByRole('alert')).toMatchTextContent('The host is gone.')
  await expect.element(page.getByText('orders-0', { exact: true })).toBeVisible()
  const before = host.asked('cluster.view').length
  await page.getByRole('button', { name: 'Kill broker 1' }).click()
  await expect.element(page.getByText('The host went away before it answered.')).toBeVisible()
  host.become('open')
  await expect.element(page.getByText('The host is gone.')).not.toBeInTheDocument()
  expect(host.asked('cluster.view').length).toBe(before + 1)
})

test('the theme follows the choice and is remembered', async () => {
  await openWindow(scenarios.calm())
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('menuitem', { name: 'Dark' }).click()
  await expect.poll(() => document.documentElement.dataset.theme).toBe('dark')
  expect(JSON.parse(localStorage.getItem('pressroom')!)).toMatchObject({ theme: 'dark' })
})

test('the laptop defaults stand beside Kafka’s', async () => {
  await openWindow(scenarios.calm())
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('menuitem', { name: 'Laptop defaults' }).click()
  await expect.element(page.getByRole('row', { name: /^offsets.topic.num.partitions 16 50/ })).toBeVisible()
})

test('a group with a hostile name can be opened and is named in full', async () => {
  await openWindow(scenarios.hostile())
  await page.getByRole('list', { name: 'Groups' }).getByRole('link').click()
  await expect.element(page.getByRole('heading', { name: 'evil<U+202E>group<script>' })).toBeVisible()
})
