import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { scenarios } from './support/scenarios.ts'
import { openWindow, rowsOf } from './support/window.ts'

const dialog = () => page.getByRole('dialog', { name: 'Produce to orders' })
const kind = (of: string, title: string) =>
  dialog()
    .getByRole('radiogroup', { name: `${of} is` })
    .getByText(title, { exact: true })

async function opened() {
  const host = scenarios.calm()
  await openWindow(host, '#/topics/orders/messages')
  await page.getByRole('button', { name: /^Produce/ }).click()
  await expect.element(dialog()).toBeVisible()
  return host
}

test('key, value, headers and partition are sent as they were said; the contents stay', async () => {
  const host = await opened()
  await dialog().getByRole('textbox', { name: 'Key' }).fill('customer_7')
  await dialog().getByRole('textbox', { name: 'Value' }).fill('{"total":1}')
  await dialog().getByRole('button', { name: 'Add header' }).click()
  await dialog().getByRole('textbox', { name: 'Header name' }).fill('trace')
  await kind('Header value', 'Hex').click()
  await dialog().getByRole('textbox', { name: 'Header value' }).fill('de AD be ef')
  await dialog().getByLabelText('Partition').selectOptions('2')
  await dialog().getByRole('button', { name: /^Send/ }).click()
  await expect.element(dialog().getByRole('button', { name: /^orders-2 @/ })).toBeVisible()
  expect(host.asked('messages.produce')).toEqual([
    {
      topic: 'orders',
      partition: 2,
      key: { kind: 'text', text: 'customer_7' },
      value: { kind: 'text', text: '{"total":1}' },
      headers: [{ key: 'trace', value: { kind: 'hex', hex: 'deadbeef' } }],
    },
  ])
  await expect.element(dialog().getByRole('textbox', { name: 'Value' })).toHaveValue('{"total":1}')
})

test('null and empty are two things, and by key is the default', async () => {
  const host = await opened()
  await kind('Key', 'Empty').click()
  await kind('Value', 'Null').click()
  await userEvent.keyboard('{Control>}{Enter}{/Control}')
  await expect
    .poll(() => host.asked('messages.produce'))
    .toEqual([{ topic: 'orders', partition: null, key: { kind: 'empty' }, value: { kind: 'null' }, headers: [] }])
})

test('what looks like JSON and is not is said, and sent as it is', async () => {
  const host = await opened()
  await dialog().getByRole('textbox', { name: 'Value' }).fill('{"total": 1')
  await expect.element(dialog().getByText('not quite JSON, sent as it is · 11 bytes')).toBeVisible()
  await dialog().getByRole('textbox', { name: 'Value' }).fill('{"total": 1}')
  await expect.element(dialog().getByText('12 bytes', { exact: true })).toBeVisible()
  await dialog().getByRole('textbox', { name: 'Value' }).fill('[')
  await expect.element(dialog().getByText('not quite JSON, sent as it is · 1 byte')).toBeVisible()
  await dialog().getByRole('button', { name: /^Send/ }).click()
  await expect.poll(() => host.asked('messages.produce').length).toBe(1)
})

test('odd hex cannot be sent', async () => {
  await opened()
  await kind('Value', 'Hex').click()
  await dialog().getByRole('textbox', { name: 'Value' }).fill('abc')
  await expect.element(dialog().getByText('Hex digits come in pairs.')).toBeVisible()
  await expect.element(dialog().getByRole('button', { name: /^Send/ })).toBeDisabled()
})

test('a refusal is told in the dialog, and nothing typed is lost', async () => {
  const host = await opened()
  host.fail('messages.produce', { code: 'NOT_ENOUGH_REPLICAS', message: 'orders-1 has 1 in-sync replica and wants 2.' })
  await dialog().getByRole('textbox', { name: 'Value' }).fill('x')
  await dialog().getByRole('button', { name: /^Send/ }).click()
  await expect
    .element(dialog().getByRole('alert'))
    .toMatchTextContent('orders-1 has 1 in-sync replica and wants 2. NOT_ENOUGH_REPLICAS')
  await expect.element(dialog().getByRole('textbox', { name: 'Value' })).toHaveValue('x')
})

test('Resend fills the dialog with what the message holds', async () => {
  const host = scenarios.calm()
  await openWindow(host, '#/topics/orders/messages')
  await expect.poll(() => rowsOf('Messages').length).toBeGreaterThan(5)
  rowsOf('Messages')
    .find((row) => row.innerText.includes('order_id'))!
    .click()
  await page.getByRole('button', { name: 'Resend…' }).click()
  await expect
    .element(dialog().getByRole('textbox', { name: 'Value' }))
    .toHaveValue(expect.stringContaining('9007199254740993'))
})
