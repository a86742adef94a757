// What a small client of ours asked a real Kafka 4.3.1 about one group per version, asked again here: the answers must be the
// same to the field, member ids aside. Not everything was recorded in every version; what was not is asked, but not compared.
import { expect, test } from 'vitest'
import { joinGroup } from '../../../src-broker/api/11-join-group.ts'
import { heartbeat } from '../../../src-broker/api/12-heartbeat.ts'
import { leaveGroup } from '../../../src-broker/api/13-leave-group.ts'
import { syncGroup } from '../../../src-broker/api/14-sync-group.ts'
import { describeGroups } from '../../../src-broker/api/15-describe-groups.ts'
import { deleteGroups } from '../../../src-broker/api/42-delete-groups.ts'
import type { Handler } from '../../../src-broker/api/handler.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { readRequestHeader, readResponseHeader } from '../../../src-broker/protocol/frames.ts'
import { joinGroup as joinGroupApi } from '../../../src-broker/protocol/messages/11-join-group.ts'
import { apis } from '../../../src-broker/protocol/messages/index.ts'
import { WireReader } from '../../../src-broker/protocol/reader.ts'
import { WireWriter } from '../../../src-broker/protocol/writer.ts'
import { type Exchange, exchanges, lengthPrefixBytes } from '../../golden/exchanges.ts'
import { BrokerFront } from './broker-front.ts'
import { ClusterOfOne } from './cluster-of-one.ts'

const handlers = new Map<number, Handler<never, unknown>>([
  [11, joinGroup],
  [12, heartbeat],
  [13, leaveGroup],
  [14, syncGroup],
  [15, describeGroups],
  [42, deleteGroups],
] as [number, Handler<never, unknown>][])

type Body = Record<string, unknown> & { errorCode?: number; groupId?: string; memberId?: string }

interface Recorded {
  readonly key: number
  readonly version: number
  readonly request: Body
  readonly response: Body
}

const recorded: readonly Recorded[] = exchanges
  .filter(({ api, clientId }) => clientId === 'wire' && handlers.has(api?.key))
  .map(({ api, version, request, response }: Exchange) => {
    const [asking, answering] = [
      new WireReader(request, lengthPrefixBytes),
      new WireReader(response, lengthPrefixBytes),
    ]
    readRequestHeader(asking)
    readResponseHeader(answering, api, version)
    return {
      key: api.key,
      version,
      request: api.requestCodec(version).decode(asking) as Body,
      response: api.responseCodec(version).decode(answering) as Body,
    }
  })

const textOf = (body: Body) => JSON.stringify(body)
const groupOf = ({ request }: Recorded) => /wdj\d-07cab6/.exec(textOf(request))?.[0]

/** The id that Kafka gave to the one member of a group. */
const memberOf = (groupId: string) =>
  /wire-[0-9a-f-]{36}/.exec(
    recorded
      .filter((exchange) => groupOf(exchange) === groupId)
      .map(textOfAll)
      .join(''),
  )?.[0]
const textOfAll = ({ request, response }: Recorded) => textOf(request) + textOf(response)

const isJoin = ({ key, response }: Recorded) => key === joinGroupApi.key && response.errorCode === errors.NONE
const asksForStranger = ({ request }: Recorded) => textOf(request).includes('"who"')

/** The life of a group in the order of its questions. For every version, some of them were recorded. */
const life: readonly ((exchange: Recorded) => boolean)[] = [
  isJoin,
  ({ key, response }) => key === 14 && response.errorCode === errors.NONE,
  ({ key, response }) => key === 15 && textOf(response).includes('Stable'),
  (exchange) => exchange.key === 12 && !asksForStranger(exchange),
  (exchange) => exchange.key === 12 && asksForStranger(exchange),
  ({ key, response }) => key === 11 && response.errorCode === errors.INCONSISTENT_GROUP_PROTOCOL,
  ({ key }) => key === 42,
  (exchange) => exchange.key === 13 && asksForStranger(exchange),
  (exchange) => exchange.key === 13 && !asksForStranger(exchange),
  ({ key, response }) => key === 15 && textOf(response).includes('Empty'),
]

/** The same with everything that is called by a name in `names` called otherwise. */
function renamed<Value>(value: Value, names: ReadonlyMap<unknown, unknown>): Value {
  if (names.has(value)) return names.get(value) as Value
  if (value instanceof Uint8Array || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => renamed(item, names)) as Value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, renamed(field, names)])) as Value
}

/** Our answer, through the wire and back. */
function answerOf(broker: BrokerFront, key: number, version: number, request: Body): Body {
  const asked = broker.ask(handlers.get(key)!, request as never, version)
  broker.cluster.advance(0)
  const codec = apis.get(key)!.responseCodec(version)
  const writer = new WireWriter()
  codec.encode(asked.answer as never, writer)
  return codec.decode(new WireReader(writer.take())) as Body
}

/** What was recorded of one step, of the nearest version where this one lacks it. */
function nearest(step: (exchange: Recorded) => boolean, version: number): Recorded {
  const candidates = recorded.filter((exchange) => step(exchange) && groupOf(exchange) !== undefined)
  const distance = (one: Recorded) => Math.abs(one.version - version) - (one.version > version ? 0.5 : 0)
  return candidates.sort((one, other) => distance(one) - distance(other))[0]!
}

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('the life of a group in version %i goes as in Kafka', (groupVersion) => {
  const groupId = `wdj${groupVersion}-07cab6`
  const broker = new BrokerFront(new ClusterOfOne())
  const newcomer = { ...nearest(isJoin, 3).request, groupId, memberId: '' }
  // Since version 4 the client had been sent back with an id before what was recorded.
  let ourId = groupVersion < 4 ? '' : String(answerOf(broker, joinGroupApi.key, 4, newcomer).memberId)
  let compared = 0
  for (const step of life) {
    const exchange = nearest(step, groupVersion)
    const { key } = exchange
    const version = Math.min(groupVersion, apis.get(key)!.maxVersion)
    const theirGroup = groupOf(exchange)!
    const theirId = memberOf(theirGroup)
    const names = new Map<unknown, unknown>([[theirGroup, groupId]])
    if (ourId !== '') names.set(theirId, ourId)
    const protocol = key === 14 && version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}
    const asksAsNewcomer = isJoin(exchange) && ourId !== '' ? { memberId: ourId } : {}
    const request = { ...renamed(exchange.request, names), ...protocol, ...asksAsNewcomer }
    const answer = answerOf(broker, key, version, request)
    if (ourId === '') ourId = String(answer.memberId)
    if (theirGroup !== groupId || exchange.version !== version) continue
    expect(renamed(answer, new Map([[ourId, theirId]]))).toEqual(exchange.response)
    compared++
  }
  expect(compared).toBeGreaterThan(0)
})

test('questions about groups that never were are answered as by Kafka', () => {
  const broker = new BrokerFront(new ClusterOfOne())
  const strange = recorded.filter(({ request }) => request.groupId === 'none-07cab6' || request.groupId === '')
  expect(strange.length).toBeGreaterThan(5)
  for (const { key, version, request, response } of strange) {
    expect(answerOf(broker, key, version, request)).toEqual(response)
  }
})
