// What a newcomer does in the first five minutes, in a real Chromium before a real cluster: fill topics, read a message, produce one,
// kill the leader and watch it move, reset a group. On the way it takes a picture of every view, light and dark.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { type Browser, chromium, type Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumOptions } from '../support/chromium.ts'
import { type StartedHost, startHost } from '../support/start-host.ts'

const pictures = join(import.meta.dirname, '../../test-results/views')

let host: StartedHost
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true })
  host = await startHost()
  browser = await chromium.launch(await chromiumOptions())
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(host.ui)
})
afterAll(async () => {
  await browser?.close()
  await host?.stop()
})

const topicLink = (name: string) => page.getByRole('link', { name: new RegExp(`^${name}\\b`) }).first()
const button = (name: string | RegExp) => page.getByRole('button', { name }).first()

async function picture(name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.waitForTimeout(400) // Colours fade from one theme to the other.
    await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) })
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

test('an empty cluster offers sample data, and a real client loads it', async () => {
  await page.getByText('Broker 3').first().waitFor()
  await picture('empty')
  for (const large of ['flights', 'departures']) await page.getByRole('checkbox', { name: new RegExp(large) }).uncheck()
  await button(/^Load 3 sets/).click()
  await page.getByText('movies-0').first().waitFor({ timeout: 30_000 })
  await expect.poll(() => topicLink('movies').textContent(), { timeout: 30_000 }).toContain('3,201')
})

test('the matrix shows every partition on every broker', async () => {
  await page.goto(`${host.ui}#/cluster`)
  await page.getByText('weather-2').first().waitFor()
  await picture('cluster')
})

test('messages are read newest first, with keys and exact values', async () => {
  await topicLink('earthquakes').click()
  await page.getByRole('row').nth(5).waitFor()
  await page.getByRole('row').nth(3).click()
  await page.getByText('batch', { exact: true }).first().waitFor()
  await picture('messages')
})

test('a page that is loaded anew asks before it is connected, and shows its messages all the same', async () => {
  await page.reload()
  await page.getByRole('row').nth(5).waitFor()
  expect(await page.getByText('HOST_GONE').count()).toBe(0)
})

test('a produced message appears, and a number of 64 bits stays what it was', async () => {
  await topicLink('weather').click()
  await button(/^Produce/).click()
  await page.getByRole('textbox', { name: 'Key', exact: true }).fill('big')
  await page.getByRole('textbox', { name: 'Value', exact: true }).fill('{"id":9007199254740993}')
  await picture('produce')
  await button(/^Send/).click()
  await page.getByRole('status').getByText(/@ \d/).waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('9007199254740993').first().waitFor()
})

test('the leader is killed from the head of its column, leaders move, and a restart brings the replica back', async () => {
  await page.goto(`${host.ui}#/cluster`)
  await button('Kill broker 1').click()
  await page
    .getByText(/killed/)
    .first()
    .waitFor()
  await expect
    .poll(() => host.events.some(({ event, from }) => event === 'leader-changed' && from === 1), { timeout: 5_000 })
    .toBe(true)
  await picture('killed')
  await button('Start broker 1').click()
  await expect
    .poll(() => host.events.filter(({ event }) => event === 'broker-started').length, { timeout: 10_000 })
    .toBe(1)
})

test('a reset of offsets is refused while the group is active, then previewed and applied', async () => {
  const kafka = new Kafka({ brokers: [...host.bootstrap], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: 'critics', maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'movies', fromBeginning: true })
  let read = 0
  await consumer.run({ eachMessage: async () => void read++ })
  await expect.poll(() => read, { timeout: 20_000 }).toBe(3201)

  await page
    .getByRole('link', { name: /^critics/ })
    .first()
    .click({ timeout: 10_000 })
  await picture('group')
  await button(/^Reset offsets/).click()
  await page
    .getByText(/1 member/)
    .first()
    .waitFor()
  await consumer.disconnect()
  await page
    .getByText(/3,201 records will be read again/)
    .first()
    .waitFor({ timeout: 15_000 })
  await picture('reset')
  await button(/^Read 3,201 records again/).click()
  await expect
    .poll(async () => {
      const admin = kafka.admin()
      await admin.connect()
      const [topic] = await admin.fetchOffsets({ groupId: 'critics', topics: ['movies'] })
      await admin.disconnect()
      return topic?.partitions.map(({ offset }) => offset)
    })
    .toEqual(['0', '0', '0'])
})

test('the topic list and a topic’s partitions and settings', async () => {
  await page
    .getByRole('link', { name: /^Topics/ })
    .first()
    .click()
  await picture('topics')
  await topicLink('movies').click()
  await page.getByRole('tab', { name: /^Partitions/ }).click()
  await picture('partitions')
  await page.getByRole('tab', { name: /^Config/ }).click()
  await picture('config')
})

test('the browser had nothing to complain about', () => {
  expect(complaints).toEqual([])
})
