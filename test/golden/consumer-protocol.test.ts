import { expect, test } from 'vitest'
import { readRequestHeader, readResponseHeader } from '../../src-broker/protocol/frames.ts'
import { joinGroup, syncGroup } from '../../src-broker/protocol/messages/index.ts'
import { WireReader } from '../../src-broker/protocol/reader.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeAssignment,
  decodeSubscription,
} from '../../src-broker/protocol/stored/consumer-protocol.ts'
import { encodeVersioned } from '../../src-broker/protocol/stored/stored.ts'
import { exchanges, lengthPrefixBytes } from './exchanges.ts'

/** The probe that asked every version made its metadata up. */
const ofRealClients = exchanges.filter(({ clientId }) => clientId !== 'wire')

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const versionOf = (bytes: Uint8Array) => new WireReader(bytes).int16()

test('subscriptions that real consumers sent decode and encode back to the same bytes', () => {
  const subscriptions = ofRealClients
    .filter(({ api }) => api === joinGroup)
    .flatMap(({ version, request }) => {
      const reader = new WireReader(request, lengthPrefixBytes)
      readRequestHeader(reader)
      const { protocolType, protocols } = joinGroup.requestCodec(version).decode(reader)
      return protocolType === 'consumer' ? protocols.map(({ metadata }) => metadata) : []
    })
  for (const bytes of subscriptions) {
    const again = encodeVersioned(consumerProtocolSubscription, decodeSubscription(bytes), versionOf(bytes))
    expect(hex(again)).toBe(hex(bytes))
  }
  expect(new Set(subscriptions.map(versionOf))).toEqual(new Set([0, 1, 3]))
})

test('assignments that real consumers got decode and encode back to the same bytes', () => {
  const assignments = ofRealClients
    .filter(({ api }) => api === syncGroup)
    .map(({ version, response }) => {
      const reader = new WireReader(response, lengthPrefixBytes)
      readResponseHeader(reader, syncGroup, version)
      return syncGroup.responseCodec(version).decode(reader).assignment
    })
    .filter((assignment) => assignment.length > 0)
  for (const bytes of assignments) {
    const again = encodeVersioned(consumerProtocolAssignment, decodeAssignment(bytes), versionOf(bytes))
    expect(hex(again)).toBe(hex(bytes))
  }
  expect(new Set(assignments.map(versionOf))).toEqual(new Set([0]))
})
