// Frames come from outside. Whatever is done to them, a decoder either returns or throws MalformedFrame, and it never makes room
// for more items than the bytes could hold.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRequestHeader, readResponseHeader } from '../../src-broker/protocol/frames.ts'
import { apis } from '../../src-broker/protocol/messages/index.ts'
import { MalformedFrame, WireReader } from '../../src-broker/protocol/reader.ts'
import { type Exchange, exchanges, lengthPrefixBytes } from '../golden/exchanges.ts'

/** Deepest nesting of arrays in any message: groups, topics, partitions. */
const arrayDepthMax = 4

class CountingReader extends WireReader {
  items = 0

  override arrayLength(itemBytes: number): number {
    return this.#count(super.arrayLength(itemBytes))
  }

  override nullableArrayLength(itemBytes: number): number {
    return this.#count(super.nullableArrayLength(itemBytes))
  }

  override compactArrayLength(itemBytes: number): number {
    return this.#count(super.compactArrayLength(itemBytes))
  }

  override compactNullableArrayLength(itemBytes: number): number {
    return this.#count(super.compactNullableArrayLength(itemBytes))
  }

  #count(length: number): number {
    this.items += Math.max(0, length)
    return length
  }
}

const decodeRequest = ({ api, version }: Exchange, reader: WireReader): void => {
  readRequestHeader(reader)
  api.requestCodec(version).decode(reader)
}

const decodeResponse = ({ api, version }: Exchange, reader: WireReader): void => {
  readResponseHeader(reader, api, version)
  api.responseCodec(version).decode(reader)
}

/** For every version of every API the largest frame of either direction that is still quick to cut at every byte. */
const samples = [...apis.values()].flatMap((api) =>
  Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, index) => {
    const ofVersion = exchanges.filter(
      (exchange) => exchange.api === api && exchange.version === api.minVersion + index,
    )
    return [
      { bytes: largest(ofVersion.map(({ request }) => request)), decode: decodeRequest, exchange: ofVersion[0]! },
      { bytes: largest(ofVersion.map(({ response }) => response)), decode: decodeResponse, exchange: ofVersion[0]! },
    ]
  }).flat(),
)

function largest(frames: Uint8Array[]): Uint8Array {
  const quick = frames.filter((frame) => frame.length < 1500)
  return (quick.length > 0 ? quick : frames).toSorted((one, other) => other.length - one.length)[0]!
}

/** As malformed; throws what else goes wrong. An `expect` for each of some hundred thousand cuts takes longer than all the rest. */
function isRefused(decode: () => void): boolean {
  try {
    decode()
    return false
  } catch (reason) {
    if (!(reason instanceof MalformedFrame)) throw reason
    return true
  }
}

describe.each([...apis.values()])('$name', (api) => {
  const ofApi = samples.filter(({ exchange }) => exchange.api === api)

  test('a frame cut short anywhere is malformed', () => {
    for (const { bytes, decode, exchange } of ofApi) {
      const ends = Array.from({ length: bytes.length - lengthPrefixBytes }, (_, index) => lengthPrefixBytes + index)
      const taken = ends.filter(
        (end) => !isRefused(() => decode(exchange, new WireReader(bytes, lengthPrefixBytes, end))),
      )
      expect(taken).toEqual([])
    }
  })

  test('flipped bits make another message or a malformed frame, in bounded room', () => {
    for (const { bytes, decode, exchange } of ofApi) {
      const flips = fc.array(
        fc.record({
          at: fc.integer({ min: lengthPrefixBytes, max: bytes.length - 1 }),
          mask: fc.integer({ min: 1, max: 255 }),
        }),
        { minLength: 1, maxLength: 4 },
      )
      fc.assert(
        fc.property(flips, (chosen) => {
          const damaged = bytes.slice()
          for (const { at, mask } of chosen) damaged[at]! ^= mask
          const reader = new CountingReader(damaged, lengthPrefixBytes)
          isRefused(() => decode(exchange, reader))
          expect(reader.items).toBeLessThanOrEqual(arrayDepthMax * bytes.length)
        }),
        { numRuns: 100 },
      )
    }
  })
})
