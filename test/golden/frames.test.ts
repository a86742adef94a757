import { describe, expect, test } from 'vitest'
import { readRequestHeader, readResponseHeader, writeRequest, writeResponse } from '../../src-broker/protocol/frames.ts'
import { apis } from '../../src-broker/protocol/messages/index.ts'
import { WireReader } from '../../src-broker/protocol/reader.ts'
import { WireWriter } from '../../src-broker/protocol/writer.ts'
import { type Exchange, exchanges, lengthPrefixBytes } from './exchanges.ts'

const writer = new WireWriter()
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function requestAgain({ api, version, clientId, request }: Exchange) {
  const reader = new WireReader(request, lengthPrefixBytes)
  const header = readRequestHeader(reader)
  expect(header).toMatchObject({ apiKey: api.key, apiVersion: version, clientId })
  const body = api.requestCodec(version).decode(reader)
  expect(reader.remaining).toBe(0)
  writeRequest(writer, api, version, header, body)
  return writer.take()
}

function responseAgain({ api, version, response }: Exchange) {
  const reader = new WireReader(response, lengthPrefixBytes)
  const correlationId = readResponseHeader(reader, api, version)
  const body = api.responseCodec(version).decode(reader)
  expect(reader.remaining).toBe(0)
  writeResponse(writer, api, version, correlationId, body)
  return writer.take()
}

describe.each([...apis.values()])('$name', (api) => {
  const recorded = exchanges.filter((exchange) => exchange.api === api)

  test('every request of a real client decodes and encodes back to the same bytes', () => {
    for (const exchange of recorded) expect(hex(requestAgain(exchange))).toBe(hex(exchange.request))
  })

  test('every response of Kafka decodes and encodes back to the same bytes', () => {
    for (const exchange of recorded) expect(hex(responseAgain(exchange))).toBe(hex(exchange.response))
  })

  test('no version is without a recorded exchange', () => {
    const versions = new Set(recorded.map(({ version }) => version))
    const range = Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, index) => api.minVersion + index)
    expect([...versions].toSorted((one, other) => one - other)).toEqual(range)
  })
})
