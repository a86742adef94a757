import { count, plural } from '../../lib/format.ts'
import type { Scan } from '../../state/messages.svelte.ts'

/** What is shown, and what is known of the rest: nothing is claimed of what was not looked at. */
export function scanSummary(scan: Scan, rows: number): { readonly found: string; readonly rest: string } {
  const isSearch = scan.contains !== ''
  const found = isSearch ? plural(rows, 'match', 'matches') : plural(rows, 'row')
  if (scan.stopped === 'end') {
    return { found, rest: isSearch ? `in ${plural(scan.records, 'record')}, searched to the end` : 'read to the end' }
  }
  // A log that was compacted, or holds markers, has fewer records than offsets.
  const beyond = scan.unreadOffsets === null ? 'what lies beyond is' : `up to ${count(scan.unreadOffsets)} beyond are`
  const rest = `${beyond} not ${isSearch ? 'searched' : 'read'} yet`
  if (scan.stopped === 'page-full') return { found, rest: `shown; ${rest}` }
  return { found, rest: `in ${plural(scan.records, 'record')}; ${rest}` }
}
