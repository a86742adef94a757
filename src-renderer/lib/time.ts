// Absolute times with milliseconds, in one zone everywhere: what is shown can be typed back.

export type Zone = 'local' | 'utc'

const two = (n: number): string => String(n).padStart(2, '0')
const three = (n: number): string => String(n).padStart(3, '0')

interface Parts {
  readonly day: string
  readonly clock: string
}

function parts(ms: number, zone: Zone): Parts | null {
  const date = new Date(zone === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000)
  if (Number.isNaN(date.getTime())) return null
  return {
    day: `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`,
    clock: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${three(date.getUTCMilliseconds())}`,
  }
}

/** `2026-11-21`; `?` for what no calendar holds (a record may carry any 64-bit number). */
export const day = (ms: number, zone: Zone): string => parts(ms, zone)?.day ?? '?'

/** `09:41:06.912` */
export const clock = (ms: number, zone: Zone): string => parts(ms, zone)?.clock ?? String(ms)

/** `2026-11-21 09:41:06.912` */
export function dateTime(ms: number, zone: Zone): string {
  const p = parts(ms, zone)
  return p === null ? String(ms) : `${p.day} ${p.clock}`
}

const written = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?)?\s*(Z|UTC)?$/i

/** Reads `2026-11-21 09:30`, ISO, or epoch milliseconds; null when it is none of them. */
export function parseTime(text: string, zone: Zone): number | null {
  const trimmed = text.trim()
  if (/^\d{9,14}$/.test(trimmed)) return Number(trimmed)
  const m = written.exec(trimmed)
  if (m === null) return null
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = m.slice(1, 7).map((s) => Number(s ?? 0))
  const milli = Number((m[7] ?? '').padEnd(3, '0'))
  const utc = Date.UTC(year, month - 1, date, hour, minute, second, milli)
  const back = new Date(utc)
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== date || hour > 23 || minute > 59 || second > 59)
    return null
  if (zone === 'utc' || m[8] !== undefined) return utc
  return new Date(year, month - 1, date, hour, minute, second, milli).getTime()
}
