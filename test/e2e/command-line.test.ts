// The programs as they are started from a shell: what they print and how they end.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../support/free-ports.ts'
import { type StartedHost, startHost } from '../support/start-host.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'pressroom-test-'))
const data = join(folder, 'data')

function run(program: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, program), ...args], {
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, XDG_DATA_HOME: join(folder, 'home') },
  })
  return { status, stdout: stdout.trim(), stderr: stderr.trim() }
}
const headless = (...args: string[]) => run('out/main/headless.js', ...args)
const pressroom = (...args: string[]) => run('bin/pressroom.mjs', ...args)

const listenOn = (port: number, host: string) =>
  new Promise<Server>((resolve) => {
    const server = createServer().listen({ port, host }, () => resolve(server))
  })

let host: StartedHost
beforeAll(async () => {
  host = await startHost({ data, brokers: 3 })
})
afterAll(async () => {
  await host?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('help and version go to the standard output', () => {
  expect(headless('--help')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('--brokers N') })
  expect(pressroom('--help')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('kill N') })
  expect(pressroom()).toEqual(pressroom('--help'))
  expect(headless('--version')).toEqual({ status: 0, stderr: '', stdout: '0.1.0' })
  expect(pressroom('-v')).toEqual({ status: 0, stderr: '', stdout: '0.1.0' })
})

test('what a host cannot start with is one line and exit code 2, and nothing is touched', async () => {
  const untouched = join(folder, 'untouched')
  const port = await freePorts(3)
  const taken = await listenOn(port + 4, '127.0.0.1')
  const refusals = [
    headless('--data', untouched, '--brokers', '12'),
    headless('--data', join(root, 'README.md')),
    headless('--data', untouched, '--nope'),
    headless('--data', untouched, '--port', `${port}`),
    headless('--data', untouched, '--port', `${await freePorts(3)}`, '--ui-port', `${port + 4}`),
  ]
  taken.close()
  expect(refusals.map(({ status, stdout }) => [status, stdout])).toEqual(new Array(5).fill([2, '']))
  expect(refusals.map(({ stderr }) => stderr.split('\n').length)).toEqual([1, 1, 1, 1, 1])
  expect(refusals[3]?.stderr).toContain(`${port + 4}`)
  expect(existsSync(untouched)).toBe(false)
})

test('npm start refuses before it builds anything', () => {
  for (const args of [
    ['--data', data, '--headless'],
    ['--data', join(root, 'README.md'), '--headless'],
    ['--brokers', '12'],
  ]) {
    const { status, stdout, stderr } = run('tools/start.ts', ...args)
    expect([status, stdout, stderr.split('\n').length]).toEqual([2, '', 1])
  }
})

test('an older Node is told what is needed, in one line', () => {
  const older = 'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "20.20.0" })'
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', older, 'out/main/headless.js', '--help'],
    {
      encoding: 'utf8',
      cwd: root,
    },
  )
  expect([status, stdout, stderr]).toEqual([
    2,
    '',
    'pressroom: Node 24.15 or newer is needed, this is 20.20.0; node_modules/.bin/node is one\n',
  ])
  // What a module lacks is missed before any of our code runs, so nothing newer may be asked for by name.
  const entry = readFileSync(join(root, 'out/main/headless.js'), 'utf8')
  expect(entry).not.toMatch(/^import \{.*from ["']node:module["']/m)
})

test('a second host in the same data directory is refused and the first goes on', async () => {
  const second = headless('--data', data, '--port', `${await freePorts(3)}`)
  expect(second).toMatchObject({ status: 2, stdout: '' })
  expect(second.stderr.split('\n')).toHaveLength(1)
  expect(pressroom('status', '--data', data)).toMatchObject({ status: 0, stderr: '' })
})

test('pressroom shows the brokers and breaks and mends them', async () => {
  const states = (output: string) => JSON.parse(output).brokers.map((broker: { state: string }) => broker.state)
  const table = pressroom('status', '--data', data)
  expect(table.status).toBe(0)
  expect(table.stdout).toContain(host.bootstrap.join(','))
  expect(table.stdout.split('\n').filter((line) => /^[123] /.test(line))).toHaveLength(3)

  const killed = pressroom('kill', '2', '--data', data, '--json')
  expect([killed.status, states(killed.stdout)[1]]).toEqual([0, 'killed'])
  await expect.poll(() => host.events).toContainEqual(expect.objectContaining({ event: 'broker-killed', brokerId: 2 }))
  const started = pressroom('start', '2', '--data', data, '--json')
  expect([started.status, states(started.stdout)[1]]).toEqual([0, expect.not.stringContaining('killed')])
})

test('pressroom tells a refusal from a mistake and from an absent host', () => {
  expect(pressroom('kill', '8', '--data', data)).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('no broker 8'),
  })
  for (const args of [
    ['explode'],
    ['kill'],
    ['kill', 'two'],
    ['kill', '0'],
    ['status', '1'],
    ['kill', '1', '2'],
    ['status', '--nope'],
  ]) {
    const refused = pressroom(...args, '--data', data)
    expect([args, refused.status, refused.stderr.split('\n').length]).toEqual([args, 2, 1])
  }
  expect(pressroom('status')).toMatchObject({ status: 2, stderr: expect.stringContaining('no Pressroom runs in') })
  expect(existsSync(join(folder, 'home'))).toBe(false)
})

test('a killed host leaves a file behind, which is told from a running one and does not hinder the next', async () => {
  const left = join(folder, 'left')
  const first = await startHost({ data: left, brokers: 1 })
  await first.kill()
  expect(readdirSync(left)).toContain('host.json')
  expect(pressroom('status', '--data', left)).toMatchObject({ status: 2, stderr: expect.stringContaining('has ended') })
  const next = await startHost({ data: left, brokers: 1 })
  expect(pressroom('status', '--data', left).status).toBe(0)
  expect(await next.stop()).toBe(0)
  expect(readdirSync(left)).not.toContain('host.json')
})
