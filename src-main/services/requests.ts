// What a window may send, spelled out: a window is not trusted, whatever its types say. One schema a request that carries anything.
import * as v from 'valibot'
import type { ScanPosition } from '../../src-broker/client/message-scan.ts'
import type { RequestName, Requests } from '../contract/contract.ts'

const integer = v.pipe(v.number(), v.safeInteger())
const natural = v.pipe(integer, v.minValue(0))
const partition = v.pipe(natural, v.maxValue(1_000_000))
const partitions = v.nullable(v.pipe(v.array(partition), v.minLength(1), v.maxLength(100_000)))
const brokerId = v.pipe(natural, v.maxValue(0x7fff_ffff))
/** Longer than any legal name: what is not legal is the cluster's to say. */
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(1_000))
const contents = v.pipe(v.string(), v.maxLength(64 * 1024 * 1024))
const contains = v.pipe(v.string(), v.maxLength(10_000))
const hex = v.pipe(contents, v.regex(/^(?:[0-9a-f]{2})*$/i, 'hex digits in pairs'))

const payloadInput = v.variant('kind', [
  v.object({ kind: v.literal('null') }),
  v.object({ kind: v.literal('empty') }),
  v.object({ kind: v.literal('text'), text: contents }),
  v.object({ kind: v.literal('hex'), hex }),
])

const start = v.variant('kind', [
  v.object({ kind: v.literal('newest') }),
  v.object({ kind: v.literal('oldest') }),
  v.object({ kind: v.literal('offset'), offset: natural }),
  v.object({ kind: v.literal('timestamp'), timestampMs: natural }),
  v.object({ kind: v.literal('cursor'), cursor: v.pipe(v.string(), v.maxLength(16 * 1024 * 1024)) }),
])

const resetTarget = v.variant('kind', [
  v.object({ kind: v.literal('earliest') }),
  v.object({ kind: v.literal('latest') }),
  v.object({ kind: v.literal('offset'), offset: natural }),
  v.object({ kind: v.literal('timestamp'), timestampMs: natural }),
  v.object({ kind: v.literal('shift'), by: integer }),
])

/** Of a plan that comes back only what is applied is looked at; the record shown with it may be anything. */
const resetPlan = v.object({
  groupId: name,
  topic: name,
  target: resetTarget,
  steps: v.pipe(
    v.array(
      v.object({
        partition,
        fromOffset: v.nullable(natural),
        toOffset: natural,
        logStartOffset: natural,
        highWatermark: natural,
        recordsAgain: integer,
        firstRecord: v.any(),
      }),
    ),
    v.maxLength(100_000),
  ),
  refusal: v.nullable(v.string()),
})

const partitionCount = v.pipe(integer, v.minValue(1), v.maxValue(10_000))
const configValue = v.pipe(v.string(), v.maxLength(32_767))

const deletionPlan = v.object({
  topic: name,
  steps: v.pipe(
    v.array(
      v.object({
        partition,
        logStartOffset: natural,
        highWatermark: natural,
        beforeOffset: natural,
        recordCount: natural,
      }),
    ),
    v.maxLength(100_000),
  ),
})

const one = { broker: v.object({ brokerId }), topic: v.object({ topic: name }), group: v.object({ groupId: name }) }

const schemas = {
  'broker.kill': one.broker,
  'broker.pause': one.broker,
  'broker.resume': one.broker,
  'broker.start': one.broker,
  'broker.stop': one.broker,
  'broker.restart': one.broker,
  'broker.remove': one.broker,
  'pulse.history': v.object({ sinceMs: v.number() }),
  'topics.describe': one.topic,
  'topics.create': v.object({
    topic: name,
    partitionCount: v.nullable(partitionCount),
    replicationFactor: v.nullable(v.pipe(integer, v.minValue(1), v.maxValue(0x7fff))),
    configs: v.record(name, configValue),
  }),
  'topics.delete': one.topic,
  'topics.alterConfigs': v.object({
    topic: name,
    changes: v.pipe(
      v.array(v.object({ name, from: v.nullable(configValue), to: v.nullable(configValue) })),
      v.minLength(1),
      v.maxLength(1_000),
    ),
    isDryRun: v.boolean(),
  }),
  'topics.addPartitions': v.object({ topic: name, from: partitionCount, to: partitionCount, isDryRun: v.boolean() }),
  'topics.planDeleteRecords': v.object({ topic: name, partitions, before: v.nullable(natural) }),
  'topics.deleteRecords': v.object({ plan: deletionPlan }),
  'messages.page': v.object({
    topic: name,
    partitions,
    from: start,
    limit: v.pipe(integer, v.minValue(1), v.maxValue(1_000)),
    contains,
  }),
  'messages.detail': v.object({ topic: name, partition, offset: natural }),
  'messages.produce': v.object({
    topic: name,
    partition: v.nullable(partition),
    key: payloadInput,
    value: payloadInput,
    headers: v.pipe(v.array(v.object({ key: v.string(), value: payloadInput })), v.maxLength(10_000)),
  }),
  'tail.start': v.object({ topic: name, partitions, contains }),
  'tail.stop': v.object({ tailId: name }),
  'groups.describe': one.group,
  'groups.planReset': v.object({ groupId: name, topic: name, partitions, target: resetTarget }),
  'groups.applyReset': v.object({ plan: resetPlan }),
  'groups.delete': one.group,
  'samples.load': v.object({ names: v.pipe(v.array(name), v.minLength(1), v.maxLength(100)) }),
} satisfies { readonly [K in RequestName]?: v.GenericSchema<unknown, Argument<K>> }

type Argument<K extends RequestName> = Parameters<Requests[K]>[0]

/** Why the argument is not one of this request, in a few words; null where it is. Requests without an argument take anything. */
export function faultOf(request: RequestName, argument: unknown): string | null {
  const schema: v.GenericSchema | undefined = schemas[request as keyof typeof schemas]
  if (schema === undefined) return null
  const result = v.safeParse(schema, argument)
  if (result.success) return null
  const [issue] = result.issues
  return `${v.getDotPath(issue) ?? 'argument'}: ${issue.message}`
}

const scanPosition = v.object({
  isBackward: v.boolean(),
  unread: v.array(v.object({ partition, range: v.nullable(v.object({ from: natural, to: natural })) })),
})

/** What a cursor holds, which comes from the window too; null where it is none. */
export function asScanPosition(value: unknown): ScanPosition | null {
  const result = v.safeParse(scanPosition, value)
  return result.success ? result.output : null
}
