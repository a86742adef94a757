import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
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
