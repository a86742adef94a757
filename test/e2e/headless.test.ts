import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumOptions } from '../support/chromium.ts'
import { type StartedHost, startHost } from '../support/start-host.ts'

let host: StartedHost
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  host = await startHost()
  browser = await chromium.launch(await chromiumOptions())
  page = await browser.newPage()
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(host.ui)
})
afterAll(async () => {
  await browser?.close()
  await host?.stop()
})

test('the page opens in a plain browser and shows the app, without a complaint of the browser', async () => {
  await page.getByText('Pressroom').first().waitFor()
  expect(await page.title()).toMatch(/Pressroom$/)
  expect(complaints).toEqual([])
})

test('without its token the page is not shown', async () => {
  const stranger = await browser.newPage()
  const response = await stranger.goto(new URL('/', host.ui).href)
  expect(response?.status()).toBe(401)
  await stranger.close()
})

test('a page of another origin can neither read nor command', async () => {
  const stranger = await browser.newPage()
  await stranger.route('http://evil.example/**', (route) =>
    route.fulfill({ body: '<p>evil</p>', contentType: 'text/html' }),
  )
  await stranger.goto('http://evil.example/')
  const outcomes = await stranger.evaluate(async (ui) => {
    const { host, search } = new URL(ui)
    const socket = new WebSocket(`ws://${host}/rpc${search}`)
    const socketOutcome = await new Promise((resolve) => {
      socket.onopen = () => resolve('open')
      socket.onerror = () => resolve('refused')
    })
    const read = await fetch(ui).then(
      (response) => response.text(),
      () => 'refused',
    )
    const sent = await fetch(`http://${host}/control`, {
      method: 'POST',
      mode: 'no-cors',
      body: '{"command":"status"}',
    }).then(
      (response) => response.type,
      () => 'refused',
    )
    return { socketOutcome, read, sent }
  }, host.ui)
  expect(outcomes).toMatchObject({ socketOutcome: 'refused', read: 'refused' })
  expect(['opaque', 'refused']).toContain(outcomes.sent) // Sent perhaps, answered 403, never readable.
  await stranger.close()
})

test('SIGINT and SIGTERM stop the host cleanly, and an ephemeral one leaves nothing behind', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const other = await startHost({ brokers: 1 })
    expect(existsSync(other.dataDirectory)).toBe(true)
    expect(await other.stop(signal)).toBe(0)
    expect(existsSync(other.dataDirectory)).toBe(false)
  }
})
