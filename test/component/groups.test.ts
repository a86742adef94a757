import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { scenarios } from './support/scenarios.ts'
import { openWindow, rowsOf } from './support/window.ts'

const plan = () => page.getByRole('region', { name: 'What the reset does' })

test('the list tells state, members, lag and topics', async () => {
  await openWindow(scenarios.calm(), '#/groups')
  await expect
    .poll(() => rowsOf('Groups').map((row) => row.innerText.split(/\s*\n\s*/)))
    .toContainEqual(['checkout', 'stable', '3', '144', 'orders', 'broker 1'])
})

test('a group shows its members with what they hold, and its offsets with lag', async () => {
  await openWindow(scenarios.calm(), '#/groups/checkout')
  await expect.element(page.getByRole('grid', { name: 'Offsets' })).toMatchTextContent('lag 72')
  await page.getByRole('tab', { name: /^Members/ }).click()
  await expect.poll(() => rowsOf('Members').length).toBe(3)
  expect(rowsOf('Members')[1]!.innerText).toContain('checkout-worker-1')
  expect(rowsOf('Members')[1]!.innerText).toContain('orders 1')
})

test('where no offset is committed no lag is claimed', async () => {
  const host = scenarios.calm()
  host.groups.push({ groupId: 'fresh', members: 0, topic: 'orders', lag: 0, uncommitted: [1, 2] })
  await openWindow(host, '#/groups/fresh')
  await expect.element(page.getByText('lag 0, 2 partitions without offset', { exact: true }).first()).toBeVisible()
  await expect.element(page.getByRole('link', { name: 'fresh empty · lag 0, 2 unset' })).toBeVisible()
  const offsets = page.getByRole('grid', { name: 'Offsets' })
  await expect.element(offsets).toMatchTextContent('3 partitions · lag 0, 2 partitions without offset')
  await expect.element(offsets).toMatchTextContent(/orders-1.*never of 16,\d+ lag –/)
})

test('a reset shows from, to and the first record, and happens only when confirmed', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/groups/nightly')
  await page.getByRole('button', { name: 'Reset offsets…' }).click()
  await expect.element(plan()).toMatchTextContent(/records will be read again/)
  await page.getByLabelText('Target').selectOptions('offset')
  await page.getByLabelText('Offset', { exact: true }).fill('16000')
  await expect
    .poll(() => host.asked('groups.planReset').at(-1))
    .toEqual({
      groupId: 'nightly',
      topic: 'orders',
      partitions: null,
      target: { kind: 'offset', offset: 16_000 },
    })
  const lanes = page.getByRole('grid', { name: 'Offsets' })
  await expect.element(lanes).toMatchTextContent('→ 16,000')
  await expect.poll(() => rowsOf('First records')[0]!.innerText).toContain('ORD-32210')
  expect(host.asked('groups.applyReset')).toEqual([])

  await page.getByRole('button', { name: /^(Read|Skip|Move) / }).click()
  await expect
    .element(page.getByRole('status', { name: 'Outcome' }))
    .toMatchTextContent('3 partitions moved. orders-0 → 16,000')
  const plans = host.asked('groups.planReset').length
  const looks = host.asked('groups.describe').length
  await expect.poll(() => host.asked('groups.describe').length, { timeout: 4000 }).toBeGreaterThan(looks + 1)
  await expect.element(page.getByRole('status', { name: 'Outcome' })).toBeVisible()
  expect(host.asked('groups.planReset').length).toBe(plans)
  expect(host.asked('groups.applyReset')[0]!.plan.steps.map((step) => step.toOffset)).toEqual([16_000, 16_000, 16_000])
})

test('a reset by so many records back', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/groups/nightly/offsets?reset=orders')
  await page.getByLabelText('Target').selectOptions('shift')
  await expect.element(page.getByText(/Type a number of records: -100 is a hundred back/)).toBeVisible()
  await page.getByLabelText('Records on, or back with a minus').fill('-1,000')
  await page.getByRole('button', { name: 'Read 3,000 records again' }).click()
  await expect.element(page.getByRole('status', { name: 'Outcome' })).toBeVisible()
  expect(host.asked('groups.applyReset')[0]!.plan.target).toEqual({ kind: 'shift', by: -1_000 })
})

test('the stretch to be read again is drawn on the log', async () => {
  await openWindow(scenarios.calm(), '#/groups/nightly/offsets?reset=orders')
  const track = page.getByRole('img', { name: /^Log 0 to .* to 0$/ }).first()
  await expect.element(track).toBeVisible()
  const again = track.element().querySelector('.again')!.getBoundingClientRect()
  expect(again.width / track.element().getBoundingClientRect().width).toBeGreaterThan(0.95)
})

test('some partitions may be chosen', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/groups/nightly/offsets?reset=orders')
  await page.getByRole('button', { name: /^Partitions to move/ }).click()
  await page.getByRole('button', { name: 'only 2' }).click()
  await expect.poll(() => host.asked('groups.planReset').at(-1)!.partitions).toEqual([2])
  await expect.poll(() => rowsOf('First records').length).toBe(1)
})

test('while the group is active the reset is refused with the reason', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/groups/checkout/offsets?reset=orders')
  await expect
    .element(page.getByText('The group has 3 members, so the offsets cannot change under them.'))
    .toBeVisible()
  const act = page.getByRole('button', { name: /^(Read|Skip|Move) / })
  await expect.element(act).toBeDisabled()
  await expect.element(act).toHaveAccessibleDescription(/The group has 3 members/)
})

test('once the last member left, the same reset may be applied', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/groups/checkout/offsets?reset=orders')
  const act = page.getByRole('button', { name: /^(Read|Skip|Move) / })
  await expect.element(act).toBeDisabled()
  host.groups.find((group) => group.groupId === 'checkout')!.members = 0
  await expect.element(act).toBeEnabled()
})

test('offsets that moved meanwhile: the refusal is told and the plan can be asked again', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/groups/nightly/offsets?reset=orders')
  host.fail('groups.applyReset', {
    code: 'PLAN_IS_STALE',
    message: 'The group committed meanwhile; look at the plan again.',
  })
  await page.getByRole('button', { name: /^Read / }).click()
  await expect.element(page.getByRole('alert')).toMatchTextContent('The group committed meanwhile')
  const before = host.asked('groups.planReset').length
  await page.getByRole('button', { name: 'Look again' }).click()
  await expect.poll(() => host.asked('groups.planReset').length).toBeGreaterThan(before)
})

test('without groups the page shows how to make one', async () => {
  await openWindow(scenarios.empty(), '#/groups')
  await expect.element(page.getByText(/^kcat -b 127\.0\.0\.1:9092/)).toBeVisible()
})

test('only an empty group can be deleted', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/groups/nightly')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('Delete group…').click()
  await page.getByRole('button', { name: 'Delete nightly and its offsets' }).click()
  await expect.poll(() => host.asked('groups.delete')).toEqual([{ groupId: 'nightly' }])
  await expect.poll(() => location.hash).toBe('#/groups')
})
