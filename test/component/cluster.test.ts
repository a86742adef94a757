import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { FakeHost } from './support/fake-host.ts'
import { scenarios } from './support/scenarios.ts'
import { openWindow, rowsOf } from './support/window.ts'

const head = (name: string | RegExp) => page.getByRole('columnheader', { name })

test('Kill at the head of a broker kills that broker, and the head turns to the orange hatch', async () => {
  const host = scenarios.calm()
  await openWindow(host)
  await page.getByRole('button', { name: 'Kill broker 2' }).click()
  await expect.element(head(/^Broker 2, killed by you/)).toBeVisible()
  expect(host.asked('broker.kill')).toEqual([{ brokerId: 2 }])
  expect(getComputedStyle(head(/^Broker 2/).element()).backgroundImage).toContain('repeating-linear-gradient')
  await page.getByRole('button', { name: 'Start broker 2' }).click()
  await expect.element(head('Broker 2, up')).toBeVisible()
  expect(host.asked('broker.start')).toEqual([{ brokerId: 2 }])
})

test('Pause becomes Resume, Restart asks for a restart', async () => {
  const host = scenarios.calm()
  await openWindow(host)
  await page.getByRole('button', { name: 'Pause broker 1' }).click()
  await page.getByRole('button', { name: 'Resume broker 1' }).click()
  await page.getByRole('button', { name: 'Restart broker 3' }).click()
  await expect.poll(() => host.asked('broker.restart')).toEqual([{ brokerId: 3 }])
  expect([host.asked('broker.pause'), host.asked('broker.resume')]).toEqual([[{ brokerId: 1 }], [{ brokerId: 1 }]])
})

test('before it is pressed, Kill says what would happen', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 3, records: 90 })
  host.cluster.create({ name: 'alone', partitions: 1, replicationFactor: 1, records: 5 })
  await openWindow(host)
  await expect
    .element(page.getByRole('button', { name: 'Kill broker 1' }))
    .toHaveAccessibleDescription('Ends broker 1 at once, as kill -9. 1 leader will move, 1 partition will be offline.')
  host.cluster.down(2, 'killed')
  host.push()
  await expect
    .element(page.getByRole('button', { name: 'Kill broker 3' }))
    .toHaveAccessibleDescription(/3 partitions will fall below min ISR.*loses its majority/)
})

test('Kill says what can no longer be written also where min.insync.replicas asks for more replicas than there are', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'strict', partitions: 3, replicationFactor: 2, minInsyncReplicas: 3, records: 9 })
  await openWindow(host)
  await expect
    .element(page.getByRole('button', { name: 'Kill broker 1' }))
    .toHaveAccessibleDescription(/2 partitions will fall below min ISR/)
})

test('without a quorum no page says that all is well, and nothing that a silent broker said looks alive', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 3, records: 90 })
  await openWindow(host)
  await expect.element(page.getByText('serving', { exact: true })).toBeVisible()
  host.cluster.down(1, 'killed')
  host.cluster.down(3, 'paused')
  host.push()
  for (const hash of ['#/topics', '#/groups', '#/topics/orders/config', '#/cluster']) {
    location.hash = hash
    await expect
      .element(page.getByRole('alert'))
      .toMatchTextContent(/No quorum\. 1 of 3 voters .* answers, 2 are needed/)
    await expect.element(page.getByRole('link', { name: 'This laptop, no quorum' })).toBeVisible()
  }
  await expect.element(page.getByText('serving', { exact: true })).not.toBeInTheDocument()
  await expect.element(page.getByText('no quorum', { exact: true })).toBeVisible()
  const cells = [...document.querySelectorAll('[data-stale]')].map((cell) => (cell as HTMLElement).innerText)
  expect(cells.length).toBe(3)
  const leaderless = rowsOf('Every partition on every broker').filter((row) => row.innerText.includes('no answer'))
  expect(leaderless.length).toBeGreaterThan(0)
  await page.getByRole('alert').getByRole('button', { name: 'Heal all' }).click()
  await expect.element(page.getByText('serving', { exact: true })).toBeVisible()
  await expect.element(page.getByRole('alert')).not.toBeInTheDocument()
})

test('an unfolded topic keeps the badge of what it lacks', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 3, records: 90 })
  host.cluster.create({ name: 'strict', partitions: 1, minInsyncReplicas: 3, records: 9 })
  host.cluster.down(2, 'killed')
  await openWindow(host)
  await expect.element(page.getByText('3 under-replicated')).toBeVisible()
  await expect.element(page.getByText('1 not writable with acks=all')).toBeVisible()
  await expect.element(page.getByText('not writable', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Fold orders' }).click()
  await expect.element(page.getByText('3 under-replicated')).toBeVisible()
})

test('a broker is added at the head, and removed after it was said what that means', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 3, records: 90 })
  await openWindow(host)
  await page.getByRole('button', { name: 'Add a broker' }).click()
  await expect.element(page.getByRole('status')).toMatchTextContent('Broker 4 serves')
  await expect.element(head('Broker 4, up')).toBeVisible()
  host.fail('broker.remove', { code: 'BROKER_NOT_REMOVED', message: 'Partition orders-0 would lose its only copy.' })
  await page.getByRole('button', { name: 'More of broker 1' }).click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove broker 1?' })
  await expect.element(dialog).toMatchTextContent(/3 replicas.*They are copied to other\s+brokers first/)
  await dialog.getByRole('button', { name: /remove broker 1/ }).click()
  await expect.element(dialog.getByRole('alert')).toMatchTextContent('orders-0 would lose its only copy')
  host.recover('broker.remove')
  await dialog.getByRole('button', { name: /remove broker 1/ }).click()
  await expect.element(dialog).not.toBeInTheDocument()
  await expect.element(head(/^Broker 1/)).not.toBeInTheDocument()
})

test('where every broker has a copy, taking one out says that copies will be missing', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 3, records: 90 })
  await openWindow(host)
  await page.getByRole('button', { name: 'More of broker 3' }).click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove broker 3?' })
  await expect.element(dialog).toMatchTextContent(/3 partitions will have one copy fewer/)
  await expect.element(dialog.getByRole('button', { name: 'Remove broker 3', exact: true })).toBeVisible()
  await expect.element(dialog).not.toMatchTextContent(/copied to other/)
})

test('a broker that crashed is shown red with its reason, not as something the user did', async () => {
  const host = scenarios.crashed()
  await openWindow(host)
  const crashed = head(/^Broker 3, crashed/)
  await expect.element(crashed).toMatchTextContent('ENOSPC: no space left on device')
  expect(getComputedStyle(crashed.element()).backgroundImage).not.toContain('repeating')
})

test('a refused action is told in one sentence', async () => {
  const host = scenarios.calm()
  host.fail('broker.kill', { code: 'BUSY', message: 'Broker 1 is starting; try again when it serves.' })
  await openWindow(host)
  await page.getByRole('button', { name: 'Kill broker 1' }).click()
  await expect
    .element(page.getByRole('alert'))
    .toMatchTextContent('Broker 1 is starting; try again when it serves. BUSY')
})

test('the matrix shows leader, follower, laggard and what is not served', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 1, records: 16_104 })
  host.cluster.lag('orders', 0, 3, 759)
  await openWindow(host)
  const cells = () => rowsOf('Every partition on every broker')[1]!.innerText.split(/\s*\n\s*/)
  expect(cells()).toEqual(['orders-0', 'L', '16,104', 'F', '16,104', 'F', '15,345 · 759 behind'])
  host.cluster.down(2, 'killed')
  host.push()
  await expect.poll(cells).toEqual(['orders-0', 'L', '16,104', 'not serving', 'F', '15,345 · 759 behind'])
})

test('a partition without a leader says so', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'alone', partitions: 1, replicationFactor: 1, records: 5 })
  host.cluster.down(1, 'crashed', 'a bug')
  await openWindow(host)
  await expect.element(page.getByText('no leader')).toBeVisible()
  await expect.element(page.getByText('1 partition offline')).toBeVisible()
})

test('internal topics stay folded until they are unfolded, by pointer or by key', async () => {
  const host = scenarios.empty()
  host.cluster.create({ name: 'orders', partitions: 2, records: 10 })
  await openWindow(host)
  const grid = page.getByRole('grid', { name: 'Every partition on every broker' })
  expect(rowsOf('Every partition on every broker').map((row) => row.innerText.split('\n')[0])).toEqual([
    'orders',
    'orders-0',
    'orders-1',
    '__consumer_offsets',
  ])
  ;(grid.element() as HTMLElement).focus()
  await userEvent.keyboard('{End}{ArrowRight}')
  await expect.element(page.getByText('__consumer_offsets-0')).toBeVisible()
  await userEvent.keyboard('{ArrowLeft}')
  await expect.element(page.getByText('__consumer_offsets-0')).not.toBeInTheDocument()
  await userEvent.keyboard('{Home}{ArrowDown}{Enter}')
  await expect.poll(() => location.hash).toBe('#/topics/orders/messages?partition=0')
})

test('of a thousand partitions only those in sight exist', async () => {
  await openWindow(scenarios.many())
  expect(rowsOf('Every partition on every broker').length).toBeLessThan(40)
  const grid = page.getByRole('grid', { name: 'Every partition on every broker' }).element()
  grid.scrollTop = 20_000
  await expect.poll(() => Number(rowsOf('Every partition on every broker')[0]!.dataset.row)).toBeGreaterThan(500)
  expect(rowsOf('Every partition on every broker').length).toBeLessThan(40)
})

test('the count of under-replicated partitions narrows the matrix to them', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 3, records: 90 })
  host.cluster.lag('orders', 1, 1, 4)
  await openWindow(host)
  await page.getByRole('button', { name: '1 of 3' }).click()
  await expect
    .poll(() => rowsOf('Every partition on every broker').map((row) => row.innerText.split('\n')[0]))
    .toEqual(['orders', 'orders-1'])
})

test('the client snippets hold the real bootstrap servers', async () => {
  await openWindow(scenarios.calm())
  await page.getByRole('button', { name: 'Connect a client…' }).click()
  for (const client of ['kcat', 'kafkajs', 'Java', 'Python', 'Go (franz-go)']) {
    await page.getByRole('tab', { name: client }).click()
    await expect
      .element(page.getByRole('tabpanel', { name: client }))
      .toMatchTextContent(/127\.0\.0\.1:9092.+127\.0\.0\.1:9096/)
  }
  // franz-go alone does not ask for topics to be made unless it is told to.
  await expect
    .element(page.getByRole('tabpanel', { name: 'Go (franz-go)' }))
    .toMatchTextContent('AllowAutoTopicCreation()')
})

test('numbers move as the host pushes, without a request', async () => {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 1, records: 100 })
  await openWindow(host)
  const before = host.asked('cluster.view').length
  host.cluster.append('orders', 0)
  host.push()
  await expect.element(page.getByRole('grid').getByText('101', { exact: true }).first()).toBeVisible()
  expect(host.asked('cluster.view').length).toBe(before)
})
