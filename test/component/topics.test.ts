import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { scenarios } from './support/scenarios.ts'
import { openWindow, rowsOf } from './support/window.ts'

const names = (): (string | undefined)[] => rowsOf('Topics').map((row) => row.innerText.split('\n')[0])

test('topics are sorted by a click on a head, filtered by text, opened by Enter', async () => {
  await openWindow(scenarios.calm(), '#/topics')
  await expect.poll(names).toEqual(['flights', 'orders', 'payments', 'quakes', 'user-state', 'weather'])
  await page.getByRole('button', { name: 'Records' }).click()
  await expect.poll(() => names()[0]).toBe('user-state')
  await page.getByRole('button', { name: /^Records/ }).click()
  await expect.poll(() => names()[0]).toBe('flights')
  await page.getByLabelText('Filter topics').fill('way')
  await expect.element(page.getByText('No topic is called that')).toBeVisible()
  await page.getByLabelText('Filter topics').fill('ay')
  await expect.poll(names).toEqual(['payments'])
  await expect.element(page.getByText('1 of 6', { exact: true })).toBeVisible()
  ;(page.getByRole('grid', { name: 'Topics' }).element() as HTMLElement).focus()
  await userEvent.keyboard('{ArrowDown}{Enter}')
  await expect.poll(() => location.hash).toBe('#/topics/payments/messages')
})

test('create: the cluster decides what is left open, configs go along', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/topics')
  await page.getByRole('button', { name: /^Create topic/ }).click()
  await page.getByLabelText('Name').fill('in voices')
  await expect.element(page.getByText('Letters, digits, dot, underscore and hyphen only.')).toBeVisible()
  await page.getByLabelText('Name').fill('invoices')
  await expect.element(page.getByLabelText('Partitions')).toHaveAttribute('placeholder', "3, the cluster's default")
  await page.getByLabelText('Partitions').fill('6')
  await page.getByRole('button', { name: 'Add config' }).click()
  await page.getByLabelText('Config name').fill('retention.ms')
  await page.getByLabelText('Config value').fill('60000')
  await page.getByRole('button', { name: 'Create invoices' }).click()
  await expect.poll(() => location.hash).toBe('#/topics/invoices/messages')
  expect(host.asked('topics.create')).toEqual([
    { topic: 'invoices', partitionCount: 6, replicationFactor: null, configs: { 'retention.ms': '60000' } },
  ])
})

test('what the broker refuses stays in the dialog', async () => {
  const host = scenarios.calm()
  host.fail('topics.create', {
    code: 'INVALID_REPLICATION_FACTOR',
    message: 'Replication factor 9 needs 9 brokers; 3 run.',
  })
  await openWindow(host, '#/topics')
  await page.getByRole('button', { name: /^Create topic/ }).click()
  await page.getByLabelText('Name').fill('wide')
  await userEvent.keyboard('{Enter}')
  await expect
    .element(page.getByRole('dialog').getByRole('alert'))
    .toMatchTextContent('Replication factor 9 needs 9 brokers; 3 run.')
  await page.getByLabelText('Replication factor').fill('3')
  await expect.element(page.getByRole('dialog').getByRole('alert')).not.toBeInTheDocument()
})

test('delete says what dies, and Enter alone does not do it', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/topics/orders/messages')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('Delete topic…').click()
  const dialog = page.getByRole('dialog', { name: 'Delete topic orders?' })
  await expect.element(dialog).toMatchTextContent(/48,\d{3} records in 3 partitions .* will be gone from every broker/)
  await expect.element(dialog).toMatchTextContent('3 groups lose their offsets in it: checkout, audit, nightly')
  await userEvent.keyboard('{Enter}')
  expect(host.asked('topics.delete')).toEqual([])
  await page.getByRole('button', { name: /^Delete orders, 48,\d{3} records$/ }).click()
  await expect.poll(() => host.asked('topics.delete')).toEqual([{ topic: 'orders' }])
  await expect.poll(() => location.hash).toBe('#/topics')
})

test('partitions: leader, ISR, log start, high watermark and log end per replica', async () => {
  const host = scenarios.calm()
  host.cluster.lag('orders', 0, 3, 100)
  await openWindow(host, '#/topics/orders/partitions')
  await expect
    .poll(() => rowsOf('Partitions')[0]?.innerText.replace(/\s+/g, ' '))
    .toMatch(/^0 broker 1 4 1 2 3 2 of 3 0 16,\d{3} 1:16,\d{3} 2:16,\d{3} 3:1[56],\d{3} 16,\d{3}$/)
})

test("configs: value, source and Kafka's default", async () => {
  await openWindow(scenarios.calm(), '#/topics/orders/config')
  await expect
    .poll(() => rowsOf('Configs')[0]?.innerText.replace(/\s+/g, ' '))
    .toBe(
      'retention.ms How long a segment is kept after its last record. 86400000 1 d set on this topic 604800000 Change…',
    )
})

const dialogs = () => page.getByRole('dialog')
const openConfig = async (name: string): Promise<void> => {
  await page.getByRole('button', { name: `Change ${name}` }).click()
  await expect.element(dialogs()).toBeVisible()
}

test('a config is changed in steps: typed, tried by the cluster, shown, then set', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/topics/orders/config')
  await openConfig('retention.ms')
  await page.getByLabelText('Value of retention.ms').fill('nonsense')
  await expect.element(dialogs().getByRole('alert')).toMatchTextContent('Invalid value nonsense for configuration')
  await expect.element(page.getByRole('button', { name: /^Set retention.ms/ })).toBeDisabled()
  await page.getByLabelText('Value of retention.ms').fill('3600000')
  await expect.element(dialogs().getByRole('status')).toMatchTextContent('86400000 (1 d) → 3600000 (1 h)')
  await expect.element(dialogs().getByRole('alert')).not.toBeInTheDocument()
  expect(host.asked('topics.alterConfigs').every(({ isDryRun }) => isDryRun)).toBe(true)
  await page.getByRole('button', { name: 'Set retention.ms to 3600000 (1 h)' }).click()
  await expect.element(dialogs()).not.toBeInTheDocument()
  expect(host.asked('topics.alterConfigs').at(-1)).toEqual({
    topic: 'orders',
    changes: [{ name: 'retention.ms', from: '86400000', to: '3600000' }],
    isDryRun: false,
  })
  await expect.poll(() => rowsOf('Configs')[0]?.innerText).toMatch(/retention.ms[\s\S]*3600000/)
})

test('a config goes back to what the cluster has', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/topics/orders/config')
  await openConfig('retention.ms')
  await dialogs()
    .getByRole('radio', { name: /^The cluster's/ })
    .click()
  await page.getByRole('button', { name: "Take the cluster's 604800000 (7 d)" }).click()
  await expect.element(dialogs()).not.toBeInTheDocument()
  expect(host.asked('topics.alterConfigs').at(-1)!.changes).toEqual([
    { name: 'retention.ms', from: '86400000', to: null },
  ])
})

test('partitions are added with a word on what becomes of keys', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/topics/orders/partitions')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('Add partitions…').click()
  await expect.element(dialogs()).toMatchTextContent('Keys will map elsewhere.')
  await dialogs().getByLabelText('Partitions').fill('3')
  await expect.element(dialogs()).toMatchTextContent('A number above 3: partitions can be added, not taken away.')
  await dialogs().getByLabelText('Partitions').fill('6')
  await page.getByRole('button', { name: 'Add 3 partitions to orders' }).click()
  await expect.poll(() => rowsOf('Partitions').length).toBe(6)
  expect(host.asked('topics.addPartitions').at(-1)).toEqual({ topic: 'orders', from: 3, to: 6, isDryRun: false })
})

test('records are deleted as counted by partition, and Enter alone does not do it', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/topics/orders/messages')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('Delete records…').click()
  await expect.element(page.getByRole('button', { name: /^Delete 48,\d{3} records of orders$/ })).toBeVisible()
  await dialogs().getByText('Before an offset').click()
  await dialogs().getByLabelText('Offset').fill('1,000')
  await expect.element(page.getByRole('button', { name: 'Delete 3,000 records of orders' })).toBeVisible()
  await expect
    .element(page.getByRole('table', { name: 'What will be deleted' }))
    .toMatchTextContent(/orders-1\s*0\s*1,000\s*1,000/)
  await userEvent.keyboard('{Enter}')
  expect(host.asked('topics.deleteRecords')).toEqual([])
  await page.getByRole('button', { name: 'Delete 3,000 records of orders' }).click()
  await expect.element(dialogs()).not.toBeInTheDocument()
  expect(host.asked('topics.deleteRecords')[0]!.plan.steps.map(({ beforeOffset }) => beforeOffset)).toEqual([
    1_000, 1_000, 1_000,
  ])
})

test('an empty cluster offers sample data, shows how far it is, and ends with topics', async () => {
  const host = scenarios.empty()
  host.holdsSamples = true
  await openWindow(host, '#/topics')
  await page.getByRole('checkbox', { name: /quakes/ }).click()
  await page.getByRole('button', { name: 'Load 2 sets, 234,005 records' }).click()
  await expect.element(page.getByRole('progressbar', { name: 'flights' })).toBeVisible()
  host.releaseSamples()
  await expect.poll(() => names()).toEqual(['flights', 'weather'])
  expect(host.asked('samples.load')).toEqual([{ names: ['flights', 'weather'] }])
})

test('loading samples can be stopped; what is there is said', async () => {
  const host = scenarios.empty()
  host.holdsSamples = true
  await openWindow(host, '#/topics')
  await page.getByRole('button', { name: /^Load 3 sets/ }).click()
  await expect.element(page.getByRole('progressbar', { name: 'flights' })).toBeVisible()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => host.asked('samples.cancel').length).toBe(1)
  await expect.element(page.getByText('Cancelled. 47,142 records are in their topics and stay there.')).toBeVisible()
  await expect.element(page.getByRole('button', { name: /^Load 3 sets/ })).toBeEnabled()
})

test('a topic that is not there says so', async () => {
  await openWindow(scenarios.calm(), '#/topics/nope/messages')
  await expect.element(page.getByText('There is no such topic')).toBeVisible()
})

test('of a topic that somebody deleted nothing is claimed any more', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/topics/payments/partitions')
  await expect.element(page.getByText(/^delete, /)).toBeVisible()
  host.cluster.topics.delete('payments')
  host.push()
  host.emit('changed', { what: 'topics' })
  await expect.element(page.getByText('There is no such topic')).toBeVisible()
  await expect.element(page.getByText(/^delete, /)).not.toBeInTheDocument()
  await expect.element(page.getByText(/^\d+ partitions$/)).not.toBeInTheDocument()
})
