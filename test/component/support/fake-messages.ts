// Records made from their place: the same place always holds the same record.
import type { MessageDetail, MessageRow, Payload } from '../../../src-main/contract/messages.ts'

const items = ['laptop', 'mouse', 'desk', 'lamp']
export const json = (text: string): Payload => ({
  kind: 'json',
  text,
  sizeBytes: new TextEncoder().encode(text).length,
  isCut: false,
})
export const text = (value: string): Payload => ({
  kind: 'text',
  text: value,
  sizeBytes: new TextEncoder().encode(value).length,
  isCut: false,
})
const none: Payload = { kind: 'null' }

export type Maker = (partition: number, offset: number, timestampMs: number) => MessageRow

const base = (partition: number, offset: number, timestampMs: number): MessageRow => ({
  partition,
  offset,
  timestampMs,
  timestampType: 'create',
  kind: 'record',
  key: none,
  value: none,
  headerCount: 0,
})

export const orders: Maker = (partition, offset, timestampMs) => {
  const row = base(partition, offset, timestampMs)
  const key = text(`customer_${700 + ((offset * 37 + partition) % 99)}`)
  if (offset % 17 === 6) return { ...row, kind: 'transaction-commit' }
  if (offset % 13 === 5) return { ...row, key }
  if (offset % 19 === 4) return { ...row, key, value: { kind: 'empty' } }
  if (offset % 23 === 2) return { ...row, value: json(`{"heartbeat":true,"at":${timestampMs}}`) }
  const order = `{"order_id":"ORD-${48210 - offset}","customer":9007199254740993,"items":["${items[offset % 4]}"],"total":${1000 + ((offset * 173) % 900)},"paid":${offset % 2 === 0},"note":null}`
  return { ...row, key, value: json(order), headerCount: 2 }
}

const hostileTexts = [
  '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>',
  'invoice\u202Etxt.exe\u202C and \u2066isolated\u2069',
  'zero\u200Bwidth\u200Djoin\uFEFF and null \u0000 bell \u0007 esc \u001b[31mred',
  'javascript:alert(1) https://example.org/?q=<b>',
  'line one\nline two\r\n\ttabbed',
  'שלום עולם (hello) مرحبا 123',
  'Z̸̡̛a̷̢l̵g̶o̷ ̸t̵e̸x̷t̵',
  '👩‍👩‍👧‍👦 family',
  '{{constructor.constructor("window.pwned=3")()}} #{7*7}',
]

export const hostile: Maker = (partition, offset, timestampMs) => {
  const nasty = hostileTexts[offset % hostileTexts.length]!
  const row = base(partition, offset, offset === 3 ? -1 : timestampMs)
  if (offset % 10 === 9)
    return { ...row, key: text(nasty), value: { kind: 'binary', hex: '00ff10c3287b22', sizeBytes: 7, isCut: false } }
  if (offset % 10 === 8) return { ...row, key: json('{"id":18446744073709551615}'), value: json(bigJson(10_000)) }
  return {
    ...row,
    key: text(nasty.slice(0, 40)),
    value: offset % 2 === 0 ? text(nasty) : json(JSON.stringify({ [nasty]: nasty })),
  }
}

/** About that many characters of JSON. */
export function bigJson(size: number): string {
  const rows: string[] = []
  for (let n = 0, at = 0; at < size; n += 1) {
    rows.push(
      `{"id":${9007199254740993n + BigInt(n)},"name":"row ${n}","tags":["a","b",${n}],"nested":{"deep":[{"x":${n}.50}]}}`,
    )
    at += rows.at(-1)!.length
  }
  return `{"rows":[${rows.join(',')}]}`
}

const hexOf = (payload: Payload): string | null => {
  if (payload.kind === 'binary') return payload.hex
  if (payload.kind === 'null' || payload.kind === 'empty') return null
  return Array.from(new TextEncoder().encode(payload.text), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export const detailOf = (row: MessageRow): MessageDetail => ({
  ...row,
  headers:
    row.headerCount === 0
      ? []
      : [
          { key: 'trace-id', value: text('4bf92f3577b34da6a3ce929d0e0e4736') },
          { key: 'source', value: text('web') },
          { key: 'retry', value: none },
        ],
  batch: {
    baseOffset: row.offset - (row.offset % 6),
    lastOffset: row.offset - (row.offset % 6) + 5,
    leaderEpoch: 4,
    compression: 'lz4',
    sizeBytes: 412,
    recordCount: 6,
    isTransactional: false,
    producerId: '4011',
    producerEpoch: 3,
    baseSequence: 220,
  },
  valueHex: hexOf(row.value),
  keyHex: hexOf(row.key),
})
