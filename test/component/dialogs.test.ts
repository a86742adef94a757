// Dialogs that are left while what was asked in them is still under way.
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { RequestName } from '../../src-main/contract/contract.ts'
import { FakeHost } from './support/fake-host.ts'
import { openWindow } from './support/window.ts'

const dialogs = () => page.getByRole('dialog')
const shortcuts = () => page.getByRole('dialog', { name: 'Keyboard shortcuts' })

async function leaveForShortcuts(): Promise<void> {
  await userEvent.keyboard('{Escape}')
  await expect.element(dialogs()).not.toBeInTheDocument()
  await userEvent.keyboard('?')
  await expect.element(shortcuts()).toBeVisible()
}

function hostWithOrders(): FakeHost {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 3, records: 90 })
  return host
}

test('what is done after its dialog was left is told by its own name, and closes no other dialog', async () => {
  const host = hostWithOrders()
  await openWindow(host, '#/topics/orders/messages')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('Add partitions…').click()
  const answer = host.hold('topics.addPartitions')
  await page.getByRole('button', { name: 'Add 1 partition to orders' }).click()
  await leaveForShortcuts()
  answer()
  await expect.element(page.getByText('orders has 4 partitions.')).toBeInTheDocument()
  await expect.element(shortcuts()).toBeVisible()
})

test('a change of a setting that is answered after its dialog was left still says what was set', async () => {
  const host = hostWithOrders()
  await openWindow(host, '#/topics/orders/config')
  await page
    .getByRole('button', { name: /^Change / })
    .first()
    .click()
  await page.getByLabelText('Value of retention.ms').fill('4711')
  const answer = host.hold('topics.alterConfigs')
  await page.getByRole('button', { name: /^Set retention.ms to 4711/ }).click()
  await leaveForShortcuts()
  answer()
  await expect.element(page.getByText(/^retention.ms of orders is 4711/)).toBeInTheDocument()
  await expect.element(shortcuts()).toBeVisible()
})

test('a broker that was not removed after all says so, also where nobody waited for it in the dialog', async () => {
  const host = hostWithOrders()
  await openWindow(host)
  host.fail('broker.remove', { code: 'BROKER_NOT_REMOVED', message: 'Partition orders-0 would lose its only copy.' })
  const answer = host.hold('broker.remove')
  await page.getByRole('button', { name: 'More of broker 1' }).click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  await page.getByRole('button', { name: 'Remove broker 1' }).click()
  await leaveForShortcuts()
  answer()
  await expect.element(page.getByText(/orders-0 would lose its only copy/)).toBeInTheDocument()
  await expect.element(shortcuts()).toBeVisible()
})

const leftAndRefused: readonly {
  readonly what: string
  readonly at: string
  readonly request: RequestName
  open(): Promise<void>
  /** The button that does it. */
  readonly deed: RegExp
}[] = [
  {
    what: 'a setting',
    at: '#/topics/orders/config',
    request: 'topics.alterConfigs',
    async open() {
      await page
        .getByRole('button', { name: /^Change / })
        .first()
        .click()
      await page.getByLabelText('Value of retention.ms').fill('4711')
    },
    deed: /^Set retention.ms to 4711/,
  },
  {
    what: 'more partitions',
    at: '#/topics/orders/messages',
    request: 'topics.addPartitions',
    open: () => chooseOfTopic('Add partitions…'),
    deed: /^Add 1 partition to orders/,
  },
  {
    what: 'the end of records',
    at: '#/topics/orders/messages',
    request: 'topics.deleteRecords',
    open: () => chooseOfTopic('Delete records…'),
    deed: /^Delete 90 records/,
  },
  {
    what: 'the end of a topic',
    at: '#/topics/orders/messages',
    request: 'topics.delete',
    open: () => chooseOfTopic('Delete topic…'),
    deed: /^Delete orders/,
  },
]

async function chooseOfTopic(item: string): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText(item).click()
}

test.each(leftAndRefused)(
  '$what that is refused after its dialog was left says so beside the next one',
  async (given) => {
    const host = hostWithOrders()
    await openWindow(host, given.at)
    await given.open()
    const button = page.getByRole('button', { name: given.deed })
    await expect.element(button).toBeEnabled()
    const answer = host.hold(given.request)
    host.fail(given.request, { code: 'NOT_CONTROLLER', message: 'The quorum has just lost its leader.' })
    await button.click()
    await leaveForShortcuts()
    answer()
    await expect.element(page.getByText('The quorum has just lost its leader.')).toBeInTheDocument()
    await expect.element(shortcuts()).toBeVisible()
  },
)

test('a topic that is created after its dialog was left is told of, and nobody is taken to it', async () => {
  const host = hostWithOrders()
  await openWindow(host, '#/topics')
  await userEvent.keyboard('c')
  await page.getByLabelText('Name').fill('late')
  const answer = host.hold('topics.create')
  await page.getByRole('button', { name: 'Create late' }).click()
  await leaveForShortcuts()
  answer()
  await expect.element(page.getByText('Topic late is created.')).toBeInTheDocument()
  expect(location.hash).toBe('#/topics')
})
