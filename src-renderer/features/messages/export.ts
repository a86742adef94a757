// The rows of the list as texts for other programs. What the list has cut stays cut, and says so.
import type { MessageRow, Payload } from '../../../src-main/contract/messages.ts'
import { tokenize } from '../../lib/json.ts'

const isCut = (payload: Payload): boolean => 'isCut' in payload && payload.isCut

/** Rows of which the list holds only the beginning. */
export const cutCount = (rows: readonly MessageRow[]): number =>
  rows.filter(({ key, value }) => isCut(key) || isCut(value)).length

/** An object a line. JSON goes in letter by letter, so that 64-bit integers stay exact; bytes as `{"hex": …}`. */
export const asJsonLines = (topic: string, rows: readonly MessageRow[]): string =>
  rows.map((row) => `${jsonLine(topic, row)}\n`).join('')

function jsonLine(topic: string, row: MessageRow): string {
  const fields = [
    `"topic":${JSON.stringify(topic)}`,
    `"partition":${row.partition}`,
    `"offset":${row.offset}`,
    `"timestamp":${row.timestampMs}`,
    ...(row.kind === 'record' ? [] : [`"kind":"${row.kind}"`]),
    `"key":${literal(row.key)}`,
    `"value":${literal(row.value)}`,
    ...(isCut(row.key) || isCut(row.value) ? ['"isCut":true'] : []),
  ]
  return `{${fields.join(',')}}`
}

function literal(payload: Payload): string {
  if (payload.kind === 'null') return 'null'
  if (payload.kind === 'empty') return '""'
  if (payload.kind === 'binary') return JSON.stringify({ hex: payload.hex })
  if (payload.kind === 'text' || payload.isCut) return JSON.stringify(payload.text)
  return tokenize(payload.text)
    .filter((token) => token.kind !== 'space')
    .map((token) => token.text)
    .join('')
}

/** RFC 4180, with a head. Null is an empty cell, an empty content `""`. */
export const asCsv = (rows: readonly MessageRow[]): string =>
  [
    'partition,offset,timestamp,time,key,value',
    ...rows.map(({ partition, offset, timestampMs, key, value }) =>
      [partition, offset, timestampMs, isoTime(timestampMs), cell(key), cell(value)].join(','),
    ),
  ]
    .map((line) => `${line}\r\n`)
    .join('')

const isoTime = (ms: number): string => (ms >= 0 && ms <= 8.64e15 ? new Date(ms).toISOString() : '')

/** A content that a spreadsheet would take for a formula gets a quote before it: strangers wrote it. */
function cell(payload: Payload): string {
  if (payload.kind === 'null') return ''
  if (payload.kind === 'empty') return '""'
  const text = payload.kind === 'binary' ? `0x${payload.hex}` : payload.text
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe
}
