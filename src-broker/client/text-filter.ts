import type { RecordHeader } from '../records/read.ts'

interface Searchable {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

/**
 * Plain text looked for in key, value and headers, whatever its case. ASCII, which nearly every search is, is found in the raw
 * bytes: a batch that does not hold it is passed over without looking at its records.
 */
export class TextFilter {
  readonly #lowerCase: string
  /** Null where the text is not ASCII and the bytes have to be read as UTF-8. */
  readonly #pattern: RegExp | null

  constructor(text: string) {
    this.#lowerCase = text.toLowerCase()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is meant.
    this.#pattern = /^[\x00-\x7f]*$/.test(text) ? new RegExp(escaped(text), 'i') : null
  }

  /** False only where no record in these bytes can match. */
  mayBeIn(bytes: Uint8Array): boolean {
    return this.#pattern === null || this.#pattern.test(latin1(bytes))
  }

  matches({ key, value, headers }: Searchable): boolean {
    if (this.#isIn(value) || this.#isIn(key)) return true
    return headers.some((header) => header.key.toLowerCase().includes(this.#lowerCase) || this.#isIn(header.value))
  }

  #isIn(bytes: Uint8Array | null): boolean {
    if (bytes === null) return false
    if (this.#pattern !== null) return this.#pattern.test(latin1(bytes))
    return asBuffer(bytes).toString('utf8').toLowerCase().includes(this.#lowerCase)
  }
}

/** Null where everything passes. */
export const textFilter = (text: string): TextFilter | null => (text === '' ? null : new TextFilter(text))

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
const latin1 = (bytes: Uint8Array): string => asBuffer(bytes).toString('latin1')
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
