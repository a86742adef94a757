// Where the keyboard is: on every page that was opened, in every form, after every deed.
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { FakeHost } from './support/fake-host.ts'
import { scenarios } from './support/scenarios.ts'
import { openWindow, rowsOf } from './support/window.ts'

/** What has the focus, by role or tag and name. */
const focused = (): string => {
  const element = document.activeElement!
  const name = element.getAttribute('aria-label') ?? element.textContent.trim()
  return `${element.getAttribute('role') ?? element.tagName.toLowerCase()} ${name}`
}
const detail = () => page.getByRole('region', { name: /^Message orders-/ })

async function live(host: FakeHost): Promise<void> {
  await openWindow(host, '#/topics/orders/messages')
  await userEvent.keyboard('l')
  await expect.element(page.getByRole('button', { name: 'Pause' })).toBeVisible()
}

test('from the palette into the list of the topic: the next arrow shows a message', async () => {
  await openWindow(scenarios.calm())
  ;(page.getByRole('link', { name: /^Groups/ }).element() as HTMLElement).focus()
  await userEvent.keyboard('{Control>}k{/Control}')
  await expect.element(page.getByRole('dialog')).toBeVisible()
  await userEvent.keyboard('orders{Enter}')
  await expect.poll(focused).toBe('grid Messages')
  await userEvent.keyboard('{ArrowDown}')
  await expect.element(detail()).toBeVisible()
})

test('from a row of the topics into its messages, and by G T back into the topics', async () => {
  await openWindow(scenarios.calm(), '#/topics')
  await expect.poll(() => rowsOf('Topics').length).toBe(6)
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{Enter}')
  await expect.poll(() => location.hash).toBe('#/topics/orders/messages')
  await expect.poll(focused).toBe('grid Messages')
  await userEvent.keyboard('gt')
  await expect.poll(focused).toBe('grid Topics')
})

test('a link of the side bar keeps the focus, so that the next one is a Tab away', async () => {
  await openWindow(scenarios.calm())
  ;(
    page
      .getByRole('link', { name: /^orders/ })
      .first()
      .element() as HTMLElement
  ).focus()
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => rowsOf('Messages').length).toBeGreaterThan(5)
  expect(focused()).toMatch(/^a orders/)
})

test('a reset by keys alone: the form, the button, Done, and the offsets again', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/groups/nightly')
  await expect.element(page.getByRole('button', { name: 'Reset offsets…' })).toBeVisible()
  ;(page.getByRole('button', { name: 'Reset offsets…' }).element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
  await expect.poll(focused).toBe('select Topic')
  const act = page.getByRole('button', { name: /^Read .* again$/ })
  await expect.element(act).toBeVisible()
  ;(act.element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
  await expect.poll(focused).toBe('button Done')
  await userEvent.keyboard('{Enter}')
  await expect.poll(focused).toBe('grid Offsets')
  expect(host.asked('groups.applyReset').length).toBe(1)
})

test('Escape out of a dialog never leaves the keyboard nowhere', async () => {
  await openWindow(scenarios.calm(), '#/topics')
  await expect.poll(() => rowsOf('Topics').length).toBe(6)
  ;(document.activeElement as HTMLElement).blur()
  await userEvent.keyboard('?')
  await expect.element(page.getByRole('dialog')).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await expect.poll(focused).toBe('grid Topics')
})

test('Space holds what is live wherever the focus is', async () => {
  const host = scenarios.calm()
  await live(host)
  ;(document.activeElement as HTMLElement).blur()
  await userEvent.keyboard(' ')
  await expect.element(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  ;(page.getByRole('link', { name: /^Cluster/ }).element() as HTMLElement).focus()
  await userEvent.keyboard(' ')
  await expect.element(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  await page.getByRole('tab', { name: 'Messages' }).click()
  await userEvent.keyboard(' ')
  await expect.element(page.getByRole('button', { name: 'Resume' })).toBeVisible()
})

test('Space after a click on Live holds it; on a button that was reached by keys it works the button', async () => {
  await openWindow(scenarios.calm(), '#/topics/orders/messages')
  await page.getByRole('button', { name: /^Live/ }).click()
  await expect.element(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  await userEvent.keyboard(' ')
  await expect.element(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  expect(focused()).toBe('grid Messages')
  await userEvent.keyboard('{Shift>}{Tab}{/Shift}')
  expect(focused()).toBe('button Live')
  await userEvent.keyboard(' ')
  await expect.element(page.getByRole('button', { name: 'Resume' })).not.toBeInTheDocument()
})

test('in a text field L and Space are letters', async () => {
  const host = scenarios.calm()
  await live(host)
  await page.getByLabelText('Search key, value and headers').fill('')
  await userEvent.keyboard('l l')
  await expect.element(page.getByLabelText('Search key, value and headers')).toHaveValue('l l')
  await expect.element(page.getByRole('button', { name: 'Pause' })).toBeVisible()
})
