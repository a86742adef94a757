import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { MessageDetail, MessageRow, Payload } from '../../src-main/contract/messages.ts'
import { kcatCommand, messageAsJson } from '../../src-renderer/features/messages/copy.ts'
import { asCsv, asJsonLines } from '../../src-renderer/features/messages/export.ts'
import { scanSummary } from '../../src-renderer/features/messages/summary.ts'
import type { Scan } from '../../src-renderer/state/messages.svelte.ts'
import { FakeHost } from './support/fake-host.ts'
import { bigJson, detailOf, json, type Maker, text } from './support/fake-messages.ts'
import { scenarios } from './support/scenarios.ts'
import { openWindow, rowsOf } from './support/window.ts'

const url = '#/topics/orders/messages'

/** A topic of one partition whose records are these, oldest first. */
function topicOf(...contents: Partial<MessageRow>[]): FakeHost {
  const host = new FakeHost()
  host.cluster.create({ name: 'orders', partitions: 1, records: contents.length })
  const maker: Maker = (partition, offset, timestampMs) => ({
    partition,
    offset,
    timestampMs,
    timestampType: 'create',
    kind: 'record',
    key: { kind: 'null' },
    value: { kind: 'null' },
    headerCount: 0,
    ...contents[offset],
  })
  host.maker = maker
  return host
}
const cellsOf = (index: number): string[] =>
  [...rowsOf('Messages')[index]!.querySelectorAll<HTMLElement>('[role=gridcell]')].map((cell) => cell.innerText.trim())
const detail = () => page.getByRole('region', { name: /^Message orders-/ })

test('newest first; null, empty and tombstone are told apart', async () => {
  const host = topicOf(
    { key: text('a'), value: { kind: 'null' } },
    { key: { kind: 'null' }, value: { kind: 'null' } },
    { key: { kind: 'empty' }, value: { kind: 'empty' } },
    { key: { kind: 'null' }, value: text('null') },
  )
  await openWindow(host, url)
  await expect.element(page.getByText('tombstone')).toBeVisible()
  expect([0, 1, 2, 3].map((i) => cellsOf(i).slice(2).join(' | '))).toEqual([
    '3 | null | null',
    '2 | empty | empty',
    '1 | null | null',
    '0 | a | tombstone',
  ])
  expect(host.asked('messages.page')[0]).toMatchObject({ from: { kind: 'newest' }, partitions: null, contains: '' })
  const chips = rowsOf('Messages')[0]!.querySelectorAll('.chip')
  expect(chips.length, 'the text null is no mark').toBe(1)
})

test('a batch that cannot be read is a line of its own, and its bytes can be looked at', async () => {
  const bytes: Payload = { kind: 'binary', hex: 'cafe', sizeBytes: 2, isCut: false }
  const host = topicOf({ value: text('sound') }, { kind: 'unreadable', value: bytes })
  await openWindow(host, url)
  await page.getByText('cannot be read: damaged, too large or of an old format').click()
  await expect.element(detail().getByLabelText('Bytes in hex')).toMatchTextContent('ca fe')
  await expect.element(detail().getByRole('button', { name: 'Resend…' })).not.toBeInTheDocument()
})

test('64-bit integers are exact in the row, in the detail, and in what is copied', async () => {
  const value = '{"id":9007199254740993,"max":18446744073709551615,"pi":3.14000,"e":1E+400}'
  await openWindow(topicOf({ key: json('12345678901234567890'), value: json(value) }), url)
  await expect.element(page.getByRole('grid').getByText('9007199254740993')).toBeVisible()
  rowsOf('Messages')[0]!.click()
  const pretty = page.getByRole('region', { name: 'Value as JSON' })
  await expect
    .element(pretty)
    .toMatchTextContent(/"id": 9007199254740993,\s*"max": 18446744073709551615,\s*"pi": 3\.14000,\s*"e": 1E\+400/)
  await expect.element(detail().getByText('12345678901234567890')).toBeVisible()
})

test('the detail shows key, headers, time and batch, as JSON, text and hex', async () => {
  await openWindow(topicOf({ key: text('k'), value: json('{"a": [1,2]}'), headerCount: 3 }), url)
  await expect.poll(() => rowsOf('Messages').length).toBe(1)
  rowsOf('Messages')[0]!.click()
  await expect.element(detail()).toMatchTextContent('trace-id: 4bf92f3577b34da6a3ce929d0e0e4736')
  await expect.element(detail()).toMatchTextContent('lz4 · 412 B in 6')
  await expect.element(detail()).toMatchTextContent('4011, epoch 3, seq 220')
  await detail().getByText('Text', { exact: true }).click()
  await expect.element(page.getByRole('region', { name: 'Value as text' })).toHaveTextContent('{"a": [1,2]}')
  await detail().getByText('Hex', { exact: true }).click()
  await expect
    .element(page.getByRole('region', { name: 'Value in hex' }))
    .toMatchTextContent('000000 7b 22 61 22 3a 20 5b 31')
})

test('the list works by key: arrows move, the detail follows, Escape closes it', async () => {
  const host = scenarios.calm()
  await openWindow(host, url)
  await expect.poll(() => rowsOf('Messages').length).toBeGreaterThan(5)
  ;(page.getByRole('grid', { name: 'Messages' }).element() as HTMLElement).focus()
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}')
  const wanted = cellsOf(2)[2]!
  await expect.element(page.getByRole('region', { name: /^Message orders-/ })).toMatchTextContent(`@ ${wanted}`)
  await userEvent.keyboard('{Escape}')
  await expect.element(detail()).not.toBeInTheDocument()
})

test('of a page of 200 rows only those in sight exist', async () => {
  await openWindow(scenarios.calm(), url)
  await expect.element(page.getByText('200 rows')).toBeVisible()
  expect(rowsOf('Messages').length).toBeLessThan(40)
})

test('hostile contents stay text: nothing runs, nothing links, nothing hides', async () => {
  await openWindow(scenarios.hostile(), '#/topics/hostile/messages')
  await expect.poll(() => rowsOf('Messages').length).toBeGreaterThan(10)
  const grid = page.getByRole('grid', { name: 'Messages' })
  for (const row of rowsOf('Messages').slice(0, 20)) {
    row.click()
    await expect.element(page.getByRole('region', { name: /^Message hostile-/ })).toMatchTextContent('lz4')
  }
  const main = document.querySelector('main')!
  expect(main.querySelectorAll('img, script, iframe, main a[href^="http"], main a[href^="javascript"]').length).toBe(0)
  expect((window as { pwned?: unknown }).pwned).toBeUndefined()
  const hidden = ['\u202e', '\u202c', '\u2066', '\u2069', '\u200b', '\ufeff', '\u0000', '\u0007', '\u001b']
  expect(hidden.filter((character) => main.textContent.includes(character))).toEqual([])
  await expect.element(grid.getByText('U+202E').first()).toBeVisible()
})

test('the line under the list says what was scanned, why it stopped, and reads on', async () => {
  const host = scenarios.calm()
  await openWindow(host, url)
  const line = page.getByRole('group', { name: 'What was read' })
  await expect.element(line).toMatchTextContent(/200 rows shown; up to 48,\d+ beyond are not read yet/)
  await line.getByRole('button', { name: /Continue/ }).click()
  await expect.element(line).toMatchTextContent('400 rows')
  expect(host.asked('messages.page')[1]!.from.kind).toBe('cursor')
})

test('the list is as it was left after a look at another tab', async () => {
  await openWindow(scenarios.calm(), url)
  await expect.element(page.getByText('200 rows')).toBeVisible()
  await page.getByRole('tab', { name: /^Partitions/ }).click()
  await page.getByRole('tab', { name: 'Messages' }).click()
  await page.getByRole('button', { name: /Continue/ }).click()
  await expect.element(page.getByText('400 rows')).toBeVisible()
  rowsOf('Messages')[1]!.click()
  await expect.element(detail()).toBeVisible()
})

test('partitions, order, offset and text go into the question', async () => {
  const host = scenarios.calm()
  await openWindow(host, url)
  await page.getByRole('button', { name: 'Partitions: All partitions' }).click()
  await page.getByRole('button', { name: 'only 1' }).click()
  await userEvent.keyboard('{Escape}')
  await page.getByLabelText('Order').selectOptions('offset')
  await page.getByLabelText('Offset', { exact: true }).fill('16,000')
  await page.getByLabelText('Search key, value and headers').fill('customer_7')
  await userEvent.keyboard('{Enter}')
  await expect
    .poll(() => host.asked('messages.page').at(-1))
    .toEqual({
      topic: 'orders',
      partitions: [1],
      from: { kind: 'offset', offset: 16_000 },
      limit: 200,
      contains: 'customer_7',
    })
})

test('a time may be typed as a date or as milliseconds', async () => {
  const host = scenarios.calm()
  await openWindow(host, url)
  await page.getByLabelText('Order').selectOptions('timestamp')
  await page.getByLabelText('Time', { exact: true }).fill('1795264290000')
  await userEvent.keyboard('{Enter}')
  await expect
    .poll(() => host.asked('messages.page').at(-1)!.from)
    .toEqual({ kind: 'timestamp', timestampMs: 1_795_264_290_000 })
})

test('from an offset that is not said yet nothing is shown, least of all what was read before', async () => {
  const host = scenarios.calm()
  await openWindow(host, url)
  await expect.poll(() => rowsOf('Messages').length).toBeGreaterThan(5)
  await page.getByLabelText('Order').selectOptions('offset')
  await expect.element(page.getByText('Type the offset to read from')).toBeVisible()
  await expect.element(page.getByLabelText('Offset', { exact: true })).toHaveFocus()
  expect(rowsOf('Messages')).toEqual([])
  await userEvent.keyboard('16000{Enter}')
  await expect.poll(() => rowsOf('Messages').length).toBeGreaterThan(5)
  await page.getByLabelText('Offset', { exact: true }).fill('')
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByText('Type the offset to read from')).toBeVisible()
})

test('under the list stands what is shown, and of the rest only what is known', () => {
  const scan = (part: Partial<Scan>): string => {
    const whole = {
      records: 1707,
      bytes: 9,
      tookMs: 1,
      stopped: 'end',
      contains: '',
      unreadOffsets: 0,
      unreachable: [],
    }
    const { found, rest } = scanSummary({ ...whole, ...part } as Scan, 200)
    return `${found} ${rest}`
  }
  const search = { contains: 'jfk' }
  expect([
    scan({}),
    scan({ stopped: 'page-full', unreadOffsets: 1507 }),
    scan({ ...search }),
    scan({ ...search, stopped: 'page-full', unreadOffsets: 1402 }),
    scan({ ...search, stopped: 'scan-limit', records: 5_000_000, unreadOffsets: null }),
  ]).toEqual([
    '200 rows read to the end',
    '200 rows shown; up to 1,507 beyond are not read yet',
    '200 matches in 1,707 records, searched to the end',
    '200 matches shown; up to 1,402 beyond are not searched yet',
    '200 matches in 5,000,000 records; what lies beyond is not searched yet',
  ])
})

test('a search without a match tells how much was read', async () => {
  const host = scenarios.calm()
  await openWindow(host, url)
  await page.getByLabelText('Search key, value and headers').fill('nowhere')
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByText('No record holds this text')).toBeVisible()
  await expect.element(page.getByText(/is in none of the 3,\d+ records read, and there are more/)).toBeVisible()
})

test('live: rows come in on top, Pause holds the view, what was dropped is counted', async () => {
  const host = topicOf({ value: text('first') })
  await openWindow(host, url)
  await expect.element(page.getByText('first', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: /^Live/ }).click()
  await expect.element(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  const send = (offset: number, words: string, skipped = 0): void =>
    host.emit('tail', {
      tailId: 'tail-1',
      rows: [{ ...host.maker(0, offset, Date.now()), value: text(words) }],
      skipped,
    })
  await expect.poll(() => host.asked('tail.start')).toEqual([{ topic: 'orders', partitions: null, contains: '' }])
  send(1, 'second')
  await expect.element(page.getByText('second', { exact: true })).toBeVisible()
  expect(cellsOf(0).at(-1)).toBe('second')
  await page.getByRole('button', { name: 'Pause' }).click()
  send(2, 'third', 12)
  await expect.element(page.getByRole('button', { name: '1 new' })).toBeVisible()
  await expect.element(page.getByText('third', { exact: true })).not.toBeInTheDocument()
  await expect.element(page.getByText('12 skipped')).toBeVisible()
  await page.getByRole('button', { name: '1 new' }).click()
  await expect.element(page.getByText('third', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: /^Live/ }).click()
  await expect.poll(() => host.asked('tail.stop')).toEqual([{ tailId: 'tail-1' }])
})

test('live: a search asks the host for what holds the text, from now on and before', async () => {
  const host = topicOf({ value: text('first') })
  await openWindow(host, url)
  await page.getByRole('button', { name: /^Live/ }).click()
  await expect.element(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  await page.getByLabelText('Search key, value and headers').fill('late')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => host.asked('tail.start').at(-1)).toMatchObject({ contains: 'late' })
  await expect.poll(() => host.asked('messages.page').at(-1)).toMatchObject({ contains: 'late' })
  expect(host.asked('tail.stop')).toEqual([{ tailId: 'tail-1' }])
})

test('a record that comes both live and with the page is shown once', async () => {
  const host = topicOf({ value: text('once') })
  await openWindow(host, url)
  await page.getByRole('button', { name: /^Live/ }).click()
  await expect.element(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  await expect.poll(() => host.asked('messages.page').length).toBe(2)
  host.emit('tail', { tailId: 'tail-1', rows: [host.maker(0, 0, Date.now())], skipped: 0 })
  host.emit('tail', { tailId: 'tail-1', rows: [{ ...host.maker(0, 1, Date.now()), value: text('new') }], skipped: 0 })
  await expect.element(page.getByText('new', { exact: true })).toBeVisible()
  expect(rowsOf('Messages').length).toBe(2)
})

test('a failed question is told where the list is, and what was read stays', async () => {
  const host = scenarios.calm()
  await openWindow(host, url)
  await expect.element(page.getByText('200 rows')).toBeVisible()
  host.fail('messages.page', { code: 'LEADER_NOT_AVAILABLE', message: 'orders-1 has no leader at the moment.' })
  await page.getByRole('button', { name: /Continue/ }).click()
  await expect
    .element(page.getByRole('alert'))
    .toMatchTextContent('orders-1 has no leader at the moment. LEADER_NOT_AVAILABLE')
  expect(rowsOf('Messages').length).toBeGreaterThan(10)
})

test('an empty topic offers to produce', async () => {
  const host = topicOf()
  await openWindow(host, url)
  await page.getByRole('button', { name: 'Produce a message' }).click()
  await expect.element(page.getByRole('dialog', { name: 'Produce to orders' })).toBeVisible()
})

test('a megabyte of JSON opens, with only the lines in sight', async () => {
  await openWindow(topicOf({ value: json(bigJson(1_000_000)) }), url)
  await expect.poll(() => rowsOf('Messages').length).toBe(1)
  const started = performance.now()
  rowsOf('Messages')[0]!.click()
  await expect.element(page.getByRole('grid', { name: 'Value as JSON' })).toMatchTextContent('9007199254740993')
  expect(performance.now() - started).toBeLessThan(3000)
  expect(rowsOf('Value as JSON').length).toBeLessThan(80)
})

test('a line of a megabyte is wrapped, whatever it is made of', async () => {
  await openWindow(
    topicOf({ value: text('x'.repeat(999_000)) }, { value: json(`{"x":"${'é'.repeat(999_000)}"}`) }),
    url,
  )
  await expect.poll(() => rowsOf('Messages').length).toBe(2)
  for (const [row, name] of [
    [1, 'Value as text'],
    [0, 'Value as JSON'],
  ] as const) {
    rowsOf('Messages')[row]!.click()
    const grid = page.getByRole('grid', { name })
    await expect.element(grid).toBeVisible()
    await expect.poll(() => rowsOf(name).length).toBeGreaterThan(10)
    const { scrollWidth, clientWidth } = grid.element()
    expect(scrollWidth).toBe(clientWidth)
    expect(Number(grid.element().getAttribute('aria-rowcount'))).toBeGreaterThan(10_000)
  }
})

test('rows go along as JSON lines, exact and one a line, and as CSV that no spreadsheet runs', () => {
  const { maker } = topicOf(
    { key: text('k"1'), value: json('{"id": 9007199254740993,\n "a": [1, 2]}') },
    { key: { kind: 'null' }, value: text('=HYPERLINK("http://x")') },
    { key: { kind: 'empty' }, value: { kind: 'binary', hex: 'cafe', sizeBytes: 2, isCut: false } },
    { key: text('-1'), value: { kind: 'json', text: '{"long":"aaa', sizeBytes: 9_000, isCut: true } },
  )
  const rows = [0, 1, 2, 3].map((offset) => maker(0, offset, 5))
  const lines = asJsonLines('orders', rows)
  expect(lines.split('\n').slice(0, 4)).toEqual([
    '{"topic":"orders","partition":0,"offset":0,"timestamp":5,"key":"k\\"1","value":{"id":9007199254740993,"a":[1,2]}}',
    '{"topic":"orders","partition":0,"offset":1,"timestamp":5,"key":null,"value":"=HYPERLINK(\\"http://x\\")"}',
    '{"topic":"orders","partition":0,"offset":2,"timestamp":5,"key":"","value":{"hex":"cafe"}}',
    '{"topic":"orders","partition":0,"offset":3,"timestamp":5,"key":"-1","value":"{\\"long\\":\\"aaa","isCut":true}',
  ])
  for (const line of lines.trim().split('\n')) JSON.parse(line)
  expect(asCsv(rows).split('\r\n').slice(1, 5)).toEqual([
    '0,0,5,1970-01-01T00:00:00.005Z,"k""1","{""id"": 9007199254740993,\n ""a"": [1, 2]}"',
    `0,1,5,1970-01-01T00:00:00.005Z,,"'=HYPERLINK(""http://x"")"`,
    '0,2,5,1970-01-01T00:00:00.005Z,"",0xcafe',
    `0,3,5,1970-01-01T00:00:00.005Z,"'-1","{""long"":""aaa"`,
  ])
})

test('the export says how many rows it takes', async () => {
  await openWindow(scenarios.calm(), url)
  await expect.element(page.getByText('200 rows')).toBeVisible()
  await page.getByRole('button', { name: 'Take along the rows shown' }).click()
  await expect.element(page.getByRole('menuitem', { name: 'Save 200 rows as CSV' })).toBeVisible()
  await page.getByRole('menuitem', { name: 'Save 200 rows as JSON lines' }).click()
  await expect.element(page.getByText('200 rows saved as orders.jsonl.')).toBeVisible()
})

test('a message copied as JSON keeps its value letter by letter', () => {
  const row: MessageRow = { ...topicOf({ key: text('k"1'), value: json('{"id":9007199254740993}') }).maker(0, 0, 5) }
  const message: MessageDetail = { ...detailOf(row), headers: [{ key: 'h', value: { kind: 'null' } }] }
  expect(messageAsJson('orders', message)).toMatchInlineSnapshot(`
    "{
      "topic": "orders",
      "partition": 0,
      "offset": 0,
      "timestamp": 5,
      "headers": [
        { "key": "h", "value": null }
      ],
      "key": "k\\"1",
      "value": {"id":9007199254740993}
    }"
  `)
  expect(kcatCommand('127.0.0.1:9092', 'orders', message)).toContain('-t orders -p 0 -o 0 -c 1')
})
