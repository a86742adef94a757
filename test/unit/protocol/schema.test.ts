import { join } from 'node:path'
import ts from 'typescript'
import { expect, expectTypeOf, test } from 'vitest'
import type { RequestInput, RequestOf, ResponseInput } from '../../../src-broker/protocol/api.ts'
import type { heartbeat, joinGroup, produce } from '../../../src-broker/protocol/messages/index.ts'
import type { MetadataRecord } from '../../../src-broker/protocol/stored/metadata-records.ts'
import type { RecordsSource } from '../../../src-broker/protocol/writer.ts'

// The types of the first three tests are checked by `npm run check`, not when they run.
test('a decoded message has every field; one to encode may leave out what has a default', () => {
  expectTypeOf<RequestOf<typeof heartbeat>>().toEqualTypeOf<{
    groupId: string
    generationId: number
    memberId: string
    groupInstanceId: string | null
  }>()
  expectTypeOf<{ errorCode: number }>().toExtend<ResponseInput<typeof heartbeat>>()
  expectTypeOf<{ throttleTimeMs: number }>().not.toExtend<ResponseInput<typeof heartbeat>>()
  expectTypeOf<RequestOf<typeof joinGroup>['protocols'][number]>().toEqualTypeOf<{
    name: string
    metadata: Uint8Array
  }>()
})

test('records decode to bytes and encode from bytes or from a file', () => {
  type Decoded = RequestOf<typeof produce>['topicData'][number]['partitionData'][number]
  type Encodable = RequestInput<typeof produce>['topicData'][number]['partitionData'][number]
  expectTypeOf<Decoded['records']>().toEqualTypeOf<Uint8Array | null>()
  expectTypeOf<Encodable['records']>().toEqualTypeOf<Uint8Array | RecordsSource | null>()
})

test('a metadata record is known by its type', () => {
  expectTypeOf<Extract<MetadataRecord, { type: 'TopicRecord' }>['name']>().toEqualTypeOf<string>()
  expectTypeOf<Extract<MetadataRecord, { type: 'PartitionRecord' }>['isr']>().toEqualTypeOf<number[]>()
})

// Starts a TypeScript language service, which takes seconds.
test('the comment on a schema field shows where the inferred property is used', { timeout: 60_000 }, () => {
  const probe = join(import.meta.dirname, 'probe.ts')
  const text = `
    import type { RequestOf, ResponseInput } from '../../../src-broker/protocol/api.ts'
    import type { fetch } from '../../../src-broker/protocol/messages/01-fetch.ts'
    import type { produce } from '../../../src-broker/protocol/messages/00-produce.ts'
    declare const request: RequestOf<typeof fetch>
    declare const response: ResponseInput<typeof produce>
    request.topics[0]!.partitions[0]!.currentLeaderEpoch
    response.responses[0]!.partitionResponses[0]!.logAppendTimeMs
  `
  const options = ts.parseJsonConfigFileContent(
    { extends: '../../../tsconfig.json' },
    ts.sys,
    import.meta.dirname,
  ).options
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [probe],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const content = path === probe ? text : ts.sys.readFile(path)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => import.meta.dirname,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
  })
  const hover = (name: string) =>
    ts.displayPartsToString(service.getQuickInfoAtPosition(probe, text.indexOf(name))?.documentation)
  expect(hover('currentLeaderEpoch')).toBe('Epoch the client believes the leader is in; -1 skips fencing (KIP-320).')
  expect(hover('logAppendTimeMs')).toBe("-1 where the topic keeps the producer's own timestamps.")
})
