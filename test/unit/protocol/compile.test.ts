import { describe, expect, test } from 'vitest'
import { compileCodec, UnsupportedByVersion } from '../../../src-broker/protocol/compile.ts'
import { heartbeat, listGroups } from '../../../src-broker/protocol/messages/index.ts'
import { MalformedFrame, WireReader } from '../../../src-broker/protocol/reader.ts'
import {
  array,
  bool,
  bytes,
  type Encodable,
  float64,
  int16,
  int32,
  int64,
  records,
  type Shape,
  string,
  struct,
} from '../../../src-broker/protocol/schema.ts'
import { WireWriter } from '../../../src-broker/protocol/writer.ts'
import { unhex } from './hex.ts'

function codecOf<S extends Shape>(shape: S, version = 0, isFlexible = true) {
  const codec = compileCodec('Story', shape, version, isFlexible)
  return {
    encode(message: Encodable<S>): Uint8Array {
      const writer = new WireWriter()
      codec.encode(message, writer)
      return writer.take()
    },
    decode: (bytes: string | Uint8Array) =>
      codec.decode(new WireReader(typeof bytes === 'string' ? unhex(bytes) : bytes)),
  }
}

test('the compiled source is what one would write by hand', () => {
  expect(listGroups.requestCodec(4).source).toMatchInlineSnapshot(`
    "'use strict'
    return {
      decode(reader) {
        const statesFilterLength = reader.compactArrayLength(1)
        const statesFilter = new Array(statesFilterLength)
        for (let index = 0; index < statesFilterLength; index++) {
          statesFilter[index] = reader.compactString()
        }
        const typesFilter = []
        reader.skipTagged()
        return { statesFilter, typesFilter }
      },
      encode(message, writer) {
        const statesFilter = message.statesFilter ?? []
        writer.compactArrayLength(statesFilter.length)
        for (const statesFilterItem of statesFilter) {
          writer.compactString(statesFilterItem)
        }
        if (message.typesFilter?.length > 0) unsupported('typesFilter')
        writer.uvarint(0)
      },
    }
    //# sourceURL=kafka/ListGroupsRequest-v4.js"
  `)
  expect(listGroups.responseCodec(4).source).toMatchInlineSnapshot(`
    "'use strict'
    return {
      decode(reader) {
        const throttleTimeMs = reader.int32()
        const errorCode = reader.int16()
        const groupsLength = reader.compactArrayLength(4)
        const groups = new Array(groupsLength)
        for (let index = 0; index < groupsLength; index++) {
          const groupId = reader.compactString()
          const protocolType = reader.compactString()
          const groupState = reader.compactString()
          const groupType = ""
          reader.skipTagged()
          groups[index] = { groupId, protocolType, groupState, groupType }
        }
        reader.skipTagged()
        return { throttleTimeMs, errorCode, groups }
      },
      encode(message, writer) {
        writer.int32(message.throttleTimeMs ?? 0)
        writer.int16(message.errorCode)
        const groups = message.groups
        writer.compactArrayLength(groups.length)
        for (const group of groups) {
          writer.compactString(group.groupId)
          writer.compactString(group.protocolType)
          writer.compactString(group.groupState ?? "")
          writer.uvarint(0)
        }
        writer.uvarint(0)
      },
    }
    //# sourceURL=kafka/ListGroupsResponse-v4.js"
  `)
})

test('a codec is compiled once', () => {
  expect(heartbeat.requestCodec(4)).toBe(heartbeat.requestCodec(4))
})

test('a bug in a codec shows up under the name of its message', () => {
  const stack = () => {
    try {
      heartbeat.requestCodec(0).decode(new WireReader())
    } catch (reason) {
      return (reason as Error).stack
    }
  }
  expect(stack()).toContain('kafka/HeartbeatRequest-v0.js')
})

describe('a field that the version lacks', () => {
  const story = { title: string, section: string.since(2).default('local'), editor: string.until(1).ignorable() }

  test('decodes to its default', () => {
    expect(codecOf(story, 1).decode('0241 01 00')).toEqual({ title: 'A', section: 'local', editor: '' })
  })

  test('may be written where it is the default, or ignorable', () => {
    expect(codecOf(story, 1).encode({ title: 'A', section: 'local', editor: 'B' })).toEqual(unhex('0241024200'))
    expect(codecOf(story, 2).encode({ title: 'A', section: 'B', editor: 'dropped' })).toEqual(unhex('0241024200'))
  })

  test('is refused otherwise, by name', () => {
    expect(() => codecOf(story, 1).encode({ title: 'A', section: 'world' })).toThrow(
      new UnsupportedByVersion("Story version 1 cannot carry this value of 'section'"),
    )
  })
})

test('null is refused in a version that has none for the field, and is the default only where every version has it', () => {
  const story = { byline: string.orNull(1) }
  expect(codecOf(story, 1).encode({ byline: null })).toEqual(unhex('0000'))
  expect(() => codecOf(story, 0).encode({ byline: null })).toThrow(UnsupportedByVersion)
  expect(codecOf(story, 0).encode({})).toEqual(unhex('0100'))
  expect(codecOf({ byline: string.orNull() }).encode({})).toEqual(unhex('0000'))
  expect(() => codecOf(story, 0).decode('0000')).toThrow(MalformedFrame)
})

describe('tagged fields', () => {
  const story = {
    title: string,
    place: struct({ city: string.default('Mainz'), zone: int16 }).tag(1),
    notes: bytes.tag(0),
    corrections: array(int32).orNull().tag(5),
  }
  const { encode, decode } = codecOf(story)

  test('are written only where they differ from their default, in the order of their tags', () => {
    expect(encode({ title: 'A' })).toEqual(unhex('0241 00'))
    expect(encode({ title: 'A', place: { zone: 0 }, notes: new Uint8Array(0), corrections: null })).toEqual(
      unhex('0241 00'),
    )
    expect(encode({ title: 'A', place: { city: 'Ulm', zone: 7 }, notes: new Uint8Array([9]) })).toEqual(
      unhex('0241 02 00 02 0209 01 07 04556c6d 0007 00'),
    )
    expect(encode({ title: 'A', corrections: [] })).toEqual(unhex('0241 01 05 01 01'))
  })

  test('are written where they are null and their default is not', () => {
    const wire = codecOf({ byline: string.orNull().default('staff').tag(0) })
    expect(wire.encode({ byline: null })).toEqual(unhex('01 00 01 00'))
    expect(wire.encode({ byline: 'staff' })).toEqual(unhex('00'))
    expect(wire.decode('01 00 01 00')).toEqual({ byline: null })
    expect(wire.decode('00')).toEqual({ byline: 'staff' })
  })

  test('decode to their default where they are not there', () => {
    const nothing = { place: { city: 'Mainz', zone: 0 }, notes: new Uint8Array(0), corrections: null }
    expect(decode('0241 00')).toEqual({ title: 'A', ...nothing })
  })

  test('that nobody knows are skipped', () => {
    const unknown = '02 03ffffff 05 01 01'
    expect(decode(`0241 02 ${unknown}`)).toMatchObject({ title: 'A', corrections: [] })
  })

  test('of more than 127 bytes get a longer size', () => {
    const notes = new Uint8Array(200).fill(7)
    expect(decode(encode({ title: 'A', notes }))).toMatchObject({ title: 'A', notes })
  })

  test('have to fill the size they declare, and to fit in the frame', () => {
    expect(() => decode('0241 01 05 02 01 00')).toThrow(MalformedFrame)
    expect(() => decode('0241 01 05 7f 01')).toThrow(MalformedFrame)
    expect(() => decode('0241 01 63 7f 01')).toThrow(MalformedFrame)
  })
})

test('a nullable struct has a byte in front: -1 null, 1 there', () => {
  const { encode, decode } = codecOf({ place: struct({ zone: int16 }).orNull() })
  expect(encode({ place: null })).toEqual(unhex('ff 00'))
  expect(encode({ place: { zone: 7 } })).toEqual(unhex('01 0007 00 00'))
  expect(decode('ff 00')).toEqual({ place: null })
  expect(decode('01 0007 00 00')).toEqual({ place: { zone: 7 } })
})

test('an array may hold nulls where its item may be null', () => {
  const { encode, decode } = codecOf({ places: array(struct({ zone: int16 }).orNull()) }, 0, false)
  const message = { places: [null, { zone: 7 }, null] }
  expect(encode(message)).toEqual(unhex('00000003 ff 01 0007 ff'))
  expect(decode(encode(message))).toEqual(message)
})

test('int64 is exact, float64 is a double, bool is a byte', () => {
  const { encode, decode } = codecOf({ exact: int64, ratio: float64, isFinal: bool }, 0, false)
  const message = { exact: 2n ** 63n - 1n, ratio: 0.5, isFinal: true }
  expect(encode(message)).toEqual(unhex('7fffffffffffffff 3fe0000000000000 01'))
  expect(decode(encode(message))).toEqual(message)
})

describe('records', () => {
  test('are read from their source straight into the frame', () => {
    const calls: { target: Uint8Array; at: number }[] = []
    const slice = {
      byteLength: 3,
      readInto(target: Uint8Array, at: number) {
        calls.push({ target, at })
        target.set([1, 2, 3], at)
      },
    }
    const writer = new WireWriter()
    compileCodec('Story', { records }, 0, false).encode({ records: slice }, writer)
    const frame = writer.take()
    expect(frame).toEqual(new Uint8Array([0, 0, 0, 3, 1, 2, 3]))
    expect(calls.map(({ target, at }) => [target.buffer, at])).toEqual([[frame.buffer, 4]])
  })

  test('decode to a view of the frame, other bytes to a copy', () => {
    const frame = new Uint8Array([3, 7, 8, 2, 9, 0])
    const message = compileCodec('Story', { records, notes: bytes }, 0, true).decode(new WireReader(frame))
    frame.fill(0)
    expect(message).toEqual({ records: new Uint8Array([0, 0]), notes: new Uint8Array([9]) })
  })

  test('of a Buffer stay a Buffer', () => {
    const message = compileCodec('Story', { records }, 0, true).decode(new WireReader(Buffer.from([2, 9, 0])))
    expect(message.records).toBeInstanceOf(Buffer)
  })
})

describe('lengths are held against what is left before anything is allocated', () => {
  const lengths = {
    '7fffffff': 'as large as it gets',
    '00000003': 'one too many',
    fffffffe: 'negative',
    ffffffff: 'null',
  }
  const items = '0000000100000002'

  test.each(Object.entries(lengths))('an array of length %s (%s)', (length) => {
    expect(() => codecOf({ pages: array(int32) }, 0, false).decode(length + items)).toThrow(MalformedFrame)
  })

  test('an array of structs counts all that a struct must have', () => {
    const { decode } = codecOf({ pages: array({ number: int32, title: string }) }, 0, false)
    expect(() => decode('00000002 00000001 0000 00000002')).toThrow('array of length 2 with 10 bytes left')
  })

  test('strings and bytes', () => {
    expect(() => codecOf({ title: string }, 0, false).decode('7fff41')).toThrow(
      'string of length 32767 with 1 bytes left',
    )
    expect(() => codecOf({ title: string }).decode('ffffffff0f41')).toThrow(MalformedFrame)
    expect(() => codecOf({ notes: bytes }, 0, false).decode('7fffffff41')).toThrow(MalformedFrame)
    expect(() => codecOf({ records }).decode('ffffffff0f41')).toThrow(MalformedFrame)
  })
})
