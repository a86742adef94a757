import type { Random } from './random.ts'
import { integerBelow } from './random.ts'

/** A topic or directory id in memory: 32 lower-case hex digits. Kafka prints the same 16 bytes as URL-safe base64 (22 characters). */
export type Uuid = string

export const zeroUuid: Uuid = '0'.repeat(32)

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** A version 4 UUID. Kafka's own never begin with a dash in base64, so that tools do not take one for an option. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    let hex = ''
    for (let index = 0; index < 32; index++) {
      const digit = index === 12 ? 4 : index === 16 ? 8 + integerBelow(random, 4) : integerBelow(random, 16)
      hex += digit.toString(16)
    }
    if (!uuidToBase64(hex).startsWith('-')) return hex
  }
}

/** The form Kafka prints and stores in text files, for example `partition.metadata`. */
export function uuidToBase64(uuid: Uuid): string {
  const bits = [...uuid]
    .map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0'))
    .join('')
    .padEnd(132, '0')
  return (bits.match(/.{6}/g) ?? []).map((six) => alphabet[Number.parseInt(six, 2)]).join('')
}

/** The inverse of `uuidToBase64`; undefined where the text is no such id. */
export function uuidFromBase64(text: string): Uuid | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(text)) return undefined
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(6, '0')).join('')
  return (bits.slice(0, 128).match(/.{4}/g) ?? []).map((four) => Number.parseInt(four, 2).toString(16)).join('')
}
