import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UsageError } from '../../../src-main/arguments.ts'
import { defaultDataDirectory, readOptions, usage, withoutElectronArguments } from '../../../src-main/options.ts'

const read = (line: string) => readOptions(line === '' ? [] : line.split(' '))

test('without options three brokers start at 9092 in the platform’s application data', () => {
  expect(read('')).toEqual({
    kind: 'run',
    options: {
      brokerCount: null,
      port: 9092,
      dataDirectory: defaultDataDirectory(),
      uiPort: 0,
      isJson: false,
      isHeadless: false,
    },
  })
})

test('every option is read, in either spelling', () => {
  const options = { brokerCount: 5, port: 19092, dataDirectory: '/tmp/x', uiPort: 8080, isJson: true, isHeadless: true }
  expect(read('--brokers 5 --port 19092 --data /tmp/x --ui-port 8080 --json --headless')).toEqual({
    kind: 'run',
    options,
  })
  expect(read('--brokers=5 --port=19092 --data=/tmp/../tmp/x --ui-port=8080 --json --headless')).toMatchObject({
    options,
  })
  expect(read('--ephemeral')).toMatchObject({ options: { dataDirectory: null } })
  expect(read('--data some/where')).toMatchObject({ options: { dataDirectory: join(process.cwd(), 'some/where') } })
})

test('the last of two wins', () => {
  expect(read('--brokers 1 --brokers 2')).toMatchObject({ options: { brokerCount: 2 } })
})

test('help and version', () => {
  expect([read('--help'), read('-h'), read('--version'), read('-v')].map(({ kind }) => kind)).toEqual([
    'help',
    'help',
    'version',
    'version',
  ])
  for (const name of ['brokers', 'port', 'data', 'ephemeral', 'ui-port', 'json', 'headless']) {
    expect(usage).toContain(`--${name}`)
  }
})

test.each([
  ['--borkers 3', 'unknown option --borkers; --help lists them'],
  ['-x', 'unknown option -x; --help lists them'],
  ['--__proto__ 1', 'unknown option --__proto__; --help lists them'],
  ['--no-json', 'unknown option --no-json; --help lists them'],
  ['start', 'unexpected "start"; --help lists the options'],
  ['--json=yes', '--json takes no value'],
  ['--brokers', '--brokers needs a value'],
  ['--brokers --json', '--brokers needs a value'],
  ['--data=', '--data needs a value'],
  ['--data --json', '--data needs a value'],
  ['--brokers 0', '--brokers is a number from 1 to 9, not "0"'],
  ['--brokers 10', '--brokers is a number from 1 to 9, not "10"'],
  ['--brokers three', '--brokers is a number from 1 to 9, not "three"'],
  ['--brokers 3.5', '--brokers is a number from 1 to 9, not "3.5"'],
  ['--brokers=-1', '--brokers is a number from 1 to 9, not "-1"'],
  ['--port 0', '--port is a number from 1 to 65531, not "0"'],
  ['--port 65533', '--port is a number from 1 to 65531, not "65533"'],
  ['--port 0x2384', '--port is a number from 1 to 65531, not "0x2384"'],
  ['--ui-port 65536', '--ui-port is a number from 0 to 65535, not "65536"'],
  ['--data /tmp/x --ephemeral', '--data and --ephemeral exclude each other'],
])('%s is refused in one line', (line, message) => {
  expect(() => read(line)).toThrow(new UsageError(message))
})

test('a bad option is refused even beside --help', () => {
  expect(() => read('--help --nope')).toThrow(UsageError)
})

test('each platform has its place for data', () => {
  expect(defaultDataDirectory('linux', {}, '/home/ann')).toBe('/home/ann/.local/share/pressroom')
  expect(defaultDataDirectory('linux', { XDG_DATA_HOME: '/data' }, '/home/ann')).toBe('/data/pressroom')
  expect(defaultDataDirectory('linux', { XDG_DATA_HOME: 'data' }, '/home/ann')).toBe('/home/ann/.local/share/pressroom')
  expect(defaultDataDirectory('darwin', {}, '/Users/ann')).toBe('/Users/ann/Library/Application Support/Pressroom')
  expect(defaultDataDirectory('win32', { APPDATA: 'C:\\Users\\ann\\Roaming' }, 'C:\\Users\\ann')).toBe(
    'C:\\Users\\ann\\Roaming\\Pressroom',
  )
  expect(defaultDataDirectory()).toContain(process.env.XDG_DATA_HOME ?? homedir())
})

test('what Electron and its drivers add to the command line is not ours', () => {
  const driven = ['electron', '--inspect=0', '--remote-debugging-port=0', '/app', '--no-sandbox', '--brokers', '5']
  expect(withoutElectronArguments(driven, false)).toEqual(['--brokers', '5'])
  expect(withoutElectronArguments(['pressroom', '--disable-gpu', '--ephemeral'], true)).toEqual(['--ephemeral'])
  expect(withoutElectronArguments(['electron', '.', '--nope'], false)).toEqual(['--nope'])
})
