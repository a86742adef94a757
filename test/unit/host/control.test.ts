import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { callHost } from '../../../src-main/control/call-host.ts'
import { type HostStatus, runControl } from '../../../src-main/control/control.ts'
import { readHostFile } from '../../../src-main/control/host-file.ts'
import { size, statusTable } from '../../../src-main/control/status-table.ts'
import { type Host, startHost } from '../../../src-main/host.ts'
import { bytes } from '../../../src-renderer/lib/format.ts'
import { fakeCluster } from '../../support/fake-cluster.ts'
import { fakeServices } from '../../support/fake-services.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const cleanup: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean()
})

function folder(): string {
  const { path, remove } = temporaryFolder()
  cleanup.push(remove)
  return path
}

async function hostIn(dataDirectory: string): Promise<Host> {
  const options = { brokerCount: 3, port: 9092, dataDirectory, uiPort: 0, isJson: false, isHeadless: true }
  const host = await startHost('headless', options, {
    startCluster: async (wanted) => fakeCluster(wanted),
    createServices: async () => fakeServices({}),
    rendererFolder: dataDirectory,
  })
  cleanup.push(() => host.close())
  return host
}

const statesIn = (status: HostStatus) => status.brokers.map(({ brokerId, state }) => `${brokerId} ${state}`)

test('a host is found by its data directory and obeys', async () => {
  const directory = folder()
  const host = await hostIn(directory)
  const status = await callHost(directory, { command: 'status' })
  expect(status).toMatchObject({
    kind: 'status',
    status: { pid: process.pid, ui: host.ui, bootstrap: ['127.0.0.1:9092', '127.0.0.1:9094', '127.0.0.1:9096'] },
  })
  const states = []
  for (const [command, brokerId] of [
    ['kill', 2],
    ['pause', 3],
    ['start', 2],
    ['resume', 3],
    ['stop', 1],
  ] as const) {
    const reply = await callHost(directory, { command, brokerId })
    states.push(reply.kind === 'status' ? statesIn(reply.status).join(', ') : reply.reason)
  }
  expect(states).toEqual([
    '1 running, 2 killed, 3 running',
    '1 running, 2 killed, 3 paused',
    '1 running, 2 running, 3 paused',
    '1 running, 2 running, 3 running',
    '1 stopped, 2 running, 3 running',
  ])
})

test('a broker more, and a broker less', async () => {
  const directory = folder()
  await hostIn(directory)
  const added = await callHost(directory, { command: 'add' })
  const removed = await callHost(directory, { command: 'remove', brokerId: 2 })
  expect([added, removed].map((reply) => reply.kind === 'status' && statesIn(reply.status).join(', '))).toEqual([
    '1 running, 2 running, 3 running, 4 running',
    '1 running, 3 running, 4 running',
  ])
})

test('a broker that was just paused still leads, until the metadata says otherwise', async () => {
  const partition = (leader: number) => ({ partition: 0, leader, leaderEpoch: 0, replicas: [1, 2, 3], isr: [1, 2, 3] })
  const topics = [{ topic: 'orders', partitions: [partition(1), partition(2), partition(2)] }]
  const cluster = fakeCluster({ brokerCount: 3, port: 9092 })
  const report = { atMs: 0, isFenced: false, controllerEpoch: 1, controllerId: 1, connections: 0, replicas: [], topics }
  const reporting = {
    ...cluster,
    brokers: () =>
      cluster.brokers().map((status) => ({ ...status, report: { ...report, brokerId: status.brokerId } as never })),
  }
  const facts = { pid: 1, version: '', dataDirectory: '', ui: null, startedAtMs: 0 }
  const { value } = await runControl(reporting, facts, '{"command":"pause","brokerId":2}')
  const lines = 'brokers' in value ? value.brokers : []
  expect(lines.map(({ state, leaderCount, replicaCount }) => `${state} ${leaderCount} of ${replicaCount}`)).toEqual([
    'running 1 of 3',
    'paused 2 of 3',
    'running 0 of 3',
  ])
})

test('who joins or leaves is not even asked for while nobody leads the quorum', async () => {
  const cluster = fakeCluster({ brokerCount: 3, port: 9092 })
  const report = {
    atMs: 0,
    isFenced: false,
    controllerEpoch: 7,
    controllerId: -1,
    connections: 0,
    replicas: [],
    topics: [],
  }
  const leaderless = {
    ...cluster,
    brokers: () =>
      cluster.brokers().map((status) => ({ ...status, report: { ...report, brokerId: status.brokerId } as never })),
  }
  const facts = { pid: 1, version: '', dataDirectory: '', ui: null, startedAtMs: 0 }
  const answers = await Promise.all(
    ['{"command":"add"}', '{"command":"remove","brokerId":2}'].map((body) => runControl(leaderless, facts, body)),
  )
  expect(answers).toEqual([
    {
      status: 409,
      value: {
        error: 'no broker can be added: the metadata quorum has no leader; start the brokers that are down first',
      },
    },
    {
      status: 409,
      value: {
        error: 'broker 2 cannot be removed: the metadata quorum has no leader; start the brokers that are down first',
      },
    },
  ])
  expect(cluster.brokers().map(({ brokerId }) => brokerId)).toEqual([1, 2, 3])
})

test('a host that takes too long is not called dead: what was asked for may still come', async () => {
  const directory = folder()
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  cleanup.push(
    () => silent.closeAllConnections(),
    () => silent.close(),
  )
  const { port: controlPort } = silent.address() as AddressInfo
  const host = { pid: process.pid, controlPort, controlToken: 'x', startedAtMs: 0 }
  writeFileSync(join(directory, 'host.json'), JSON.stringify(host))
  expect(await callHost(directory, { command: 'add' }, 50)).toEqual({
    kind: 'refused',
    reason: `process ${process.pid} has not answered in 0.05 s; it may still be at it, "pressroom status" says how far it got`,
  })
})

test('bytes are said as the window says them', () => {
  const samples = [0, 1, 999, 1_000, 1_024, 99_949, 99_950, 27_600_000, 999_499_999, 999_500_000, 5e12, 7e15]
  expect(samples.map(size)).toEqual(samples.map(bytes))
})

test('what a host cannot do it refuses with a reason', async () => {
  const directory = folder()
  await hostIn(directory)
  expect(await callHost(directory, { command: 'kill', brokerId: 7 })).toEqual({
    kind: 'refused',
    reason: 'there is no broker 7; this cluster has 1, 2, 3',
  })
  expect(await callHost(directory, { command: 'resume', brokerId: 1 })).toEqual({
    kind: 'refused',
    reason: 'broker 1 is running',
  })
})

test('the control endpoint needs its own token, and is not for pages', async () => {
  const directory = folder()
  const host = await hostIn(directory)
  const { controlToken = '', controlPort } = readHostFile(directory) ?? {}
  const url = `http://127.0.0.1:${controlPort}/control`
  const pageToken = new URL(host.ui ?? '').searchParams.get('token') ?? ''
  const statusOf = async (headers: Record<string, string>, init: RequestInit = {}) =>
    (await fetch(url, { method: 'POST', body: '{"command":"status"}', headers, ...init })).status
  const token = { 'x-pressroom-token': controlToken }
  expect(await statusOf(token)).toBe(200)
  expect(await statusOf({})).toBe(401)
  expect(await statusOf({ 'x-pressroom-token': pageToken })).toBe(401)
  expect(await statusOf({ ...token, origin: `http://127.0.0.1:${controlPort}` })).toBe(403)
  expect(await statusOf({ ...token, origin: 'http://evil.example' })).toBe(403)
  expect(await statusOf(token, { method: 'PUT' })).toBe(405)
  expect(await statusOf(token, { body: 'x'.repeat(5_000) })).toBe(413)
  for (const body of ['', 'kill', 'null', '[]', '{"command":"close"}', '{"command":"kill"}', '{"command":"brokers"}']) {
    expect(await statusOf(token, { body })).toBe(400)
  }
})

test.runIf(process.platform !== 'win32')(
  'only the owner can read the host’s file, and it goes with the host',
  async () => {
    const directory = folder()
    const host = await hostIn(directory)
    const file = join(directory, 'host.json')
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid })
    await host.close()
    expect(existsSync(file)).toBe(false)
  },
)

test('a file that a dead host left behind is told from a host', async () => {
  const directory = folder()
  const deadPid = spawnSync(process.execPath, ['-e', '']).pid
  const leave = (contents: unknown) => writeFileSync(join(directory, 'host.json'), JSON.stringify(contents))
  const reasonThere = async () => {
    const reply = await callHost(directory, { command: 'status' })
    return reply.kind === 'status' ? reply.kind : `${reply.kind}: ${reply.reason.replaceAll(directory, 'DIR')}`
  }
  expect(await reasonThere()).toBe('no-host: no Pressroom runs in DIR')

  const host = { pid: deadPid, controlPort: 9, controlToken: 'x', startedAtMs: 0 }
  leave(host)
  expect(await reasonThere()).toBe(`no-host: no Pressroom runs in DIR: process ${deadPid} has ended`)
  leave({ ...host, pid: process.pid, controlPort: 1 }) // The id belongs to another program by now.
  expect(await reasonThere()).toBe(`no-host: no Pressroom runs in DIR: process ${process.pid} has ended`)
  leave({ pid: 'x' })
  expect(await reasonThere()).toBe('no-host: no Pressroom runs in DIR')
})

test('the status reads as a table', () => {
  const broker = { state: 'running', reason: null, sinceMs: 1_000, replicaCount: 12, connections: 2 } as const
  const status: HostStatus = {
    pid: 4711,
    version: '0.1.0',
    clusterId: 'u7Wb',
    dataDirectory: '/home/ann/.local/share/pressroom',
    bootstrap: ['127.0.0.1:9092', '127.0.0.1:9094'],
    ui: null,
    startedAtMs: 0,
    controllerId: 2,
    brokers: [
      { ...broker, brokerId: 1, port: 9092, leaderCount: 6, logBytes: 123_456_789 },
      { ...broker, brokerId: 2, port: 9094, leaderCount: 6, logBytes: 0, state: 'fenced', sinceMs: 3_700_000 },
    ],
  }
  expect(statusTable(status, 3_760_000)).toMatchInlineSnapshot(`
    "cluster u7Wb, process 4711, running for 1 h 2 min
    bootstrap 127.0.0.1:9092,127.0.0.1:9094
    data /home/ann/.local/share/pressroom

    broker  state    for        port  leads  replicas  log     clients
    1       running  1 h 2 min  9092  6      12        123 MB  2
    2       fenced   1 min      9094  6      12        0 B     2        controller"
  `)
})
