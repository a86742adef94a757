// Numbers as the window says them: grouped by commas whatever the locale, units after a space, copied plain.

const grouping = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `16,104` */
export const count = (n: number): string => grouping.format(n)

/** `1 record`, `16,104 records` */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB']

/** `412 B`, `1.2 KB`, `409 MB`: powers of 1,000. */
export function bytes(n: number): string {
  let value = n
  let unit = 0
  while (Math.abs(value) >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${byteUnits[unit]}`
}

/** `38 ms`, `1.9 s`, `1 min 52 s`, `2 h 5 min` */
export function duration(ms: number): string {
  if (ms < 1) return `${ms > 0 ? trimmed(ms, 2) : 0} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${trimmed(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 60 * 24) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  return pair(Math.floor(minutes / 1440), 'd', Math.floor((minutes % 1440) / 60), 'h')
}

/** Whole seconds only, for texts that count up: `8 s`, `1 min 52 s`. */
export const age = (ms: number): string => (ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : duration(ms))

const pair = (a: number, unitA: string, b: number, unitB: string): string =>
  b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`

const trimmed = (n: number, digits = 1): string => String(Number(n.toFixed(digits)))

/** `0, 1, 2` or `0–11, 14` for long lists of partitions. */
export function ranges(numbers: readonly number[]): string {
  const parts: string[] = []
  const sorted = numbers.toSorted((a, b) => a - b)
  for (let i = 0; i < sorted.length; ) {
    let end = i
    while (end + 1 < sorted.length && sorted[end + 1] === sorted[end]! + 1) end += 1
    if (end - i < 2) for (let k = i; k <= end; k += 1) parts.push(String(sorted[k]))
    else parts.push(`${sorted[i]}–${sorted[end]}`)
    i = end + 1
  }
  return parts.join(', ')
}

/** `retention.ms` 604800000 → `7 d`, `segment.bytes` 1073741824 → `1,073,741,824 (1.1 GB)`; anything else as it is. */
export function configHint(name: string, value: string | null): string | null {
  if (value === null || !/^-?\d+$/.test(value)) return null
  const n = Number(value)
  if (n === -1 && /\.(ms|bytes)$/.test(name)) return 'no limit'
  if (n < 1000) return null
  if (/\.ms$/.test(name)) return n > 1e15 ? 'no limit' : duration(n)
  if (/\.bytes$/.test(name)) return n > 1e17 ? 'no limit' : bytes(n)
  return n > 1e17 ? 'no limit' : null
}
