import fs from 'node:fs'

/** Whole or not at all, also over a power loss. */
export function replaceFile(file: string, content: string): void {
  fs.writeFileSync(`${file}.tmp`, content, { flush: true })
  fs.renameSync(`${file}.tmp`, file)
}
