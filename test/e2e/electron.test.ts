// The desktop app: under the real Electron where its binary is installed, else under the stand-in of test/electron.
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchApp, type RunningApp } from '../support/electron.ts'
import { freePorts } from '../support/free-ports.ts'

let app: RunningApp
let page: Page

beforeAll(async () => {
  app = await launchApp(['--ephemeral', '--brokers', '3', '--port', `${await freePorts(3)}`])
  page = await app.firstWindow()
})
afterAll(async () => {
  await app?.close()
})

test('the window shows the app over IPC', async () => {
  await page.getByText('Pressroom').first().waitFor()
  expect(await page.title()).toMatch(/Pressroom$/)
})

test('the page has no Node, and of Electron only a frozen channel', async () => {
  const seen = await page.evaluate(() => {
    const { bridge } = globalThis as never as { bridge: object }
    return {
      node: typeof (globalThis as { require?: unknown }).require,
      bridge: Object.keys(bridge),
      frozen: Object.isFrozen(bridge),
    }
  })
  expect(seen).toEqual({ node: 'undefined', bridge: ['post', 'onMessage'], frozen: true })
})

test('the page can neither go elsewhere nor open another window', async () => {
  const before = page.url()
  await page.evaluate(`window.open('http://evil.example/'); location.href = 'http://evil.example/'`)
  await expect
    .poll(() =>
      page
        .context()
        .pages()
        .filter((each) => each.url().includes('evil')),
    )
    .toEqual([])
  expect(page.url()).toBe(before)
  await page.getByText('Pressroom').first().waitFor()
})

test('a frame of another origin is not heard', async () => {
  const heard = await app.evaluate(({ ipcMain, BrowserWindow }, _) => {
    const [window] = BrowserWindow.getAllWindows()
    const answers: unknown[] = []
    const contents = window!.webContents
    const send = contents.send.bind(contents)
    contents.send = (channel, ...args) => (answers.push(args), send(channel, ...args))
    const foreign = { sender: contents, senderFrame: { url: 'http://evil.example/', parent: null } }
    const embedded = { sender: contents, senderFrame: { url: 'app://pressroom/', parent: {} } }
    for (const event of [foreign, embedded]) ipcMain.emit('rpc', event as never, { t: 'req', id: 9_999, m: 'no.such' })
    return answers.filter((answer) => JSON.stringify(answer).includes('9999')).length
  }, undefined)
  expect(heard).toBe(0)
})

test('closing the window stops the cluster and ends the app with 0', async () => {
  expect(await app.close()).toBe(0)
})
