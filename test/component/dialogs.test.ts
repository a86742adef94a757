// Dialogs that are left while what was asked in them is still under way.
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
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
  await page.getByRole('button', { name: /remove broker 1/ }).click()
  await leaveForShortcuts()
  answer()
  await expect.element(page.getByText(/orders-0 would lose its only copy/)).toBeInTheDocument()
  await expect.element(shortcuts()).toBeVisible()
})
