// A real Kafka 4.3.1 of one broker, with the topics `ttt` and `a.b`, was asked these questions, mostly bad ones, with
// validateOnly; see test/golden/README.md. Ours must answer with the same errors in the same words.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { RequestOf } from '../../../src-broker/core/quorum/controller-apis.ts'
import { QuorumHarness } from '../../support/quorum-harness.ts'

type Api = 'CreateTopics' | 'DeleteTopics' | 'CreatePartitions' | 'IncrementalAlterConfigs'

interface Exchange {
  readonly api: Api
  readonly request: RequestOf<Api>
  readonly answers: readonly (readonly [errorCode: number, errorMessage: string | null])[]
}

/** Where ours is better put than Kafka's. */
const differences: Readonly<Record<string, readonly [number, string]>> = {
  'Unexpected broker id, expected 1, but received 7': [42, 'No broker 7 is registered'],
}
/** Kafka: UNKNOWN_SERVER_ERROR, for an operation that does not exist and for 20,000 partitions. */
const bugs = [-1]

const exchanges = readFileSync(join(import.meta.dirname, '../../golden/admin-4.3.1.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line): Exchange => JSON.parse(line))

let harness: QuorumHarness

beforeAll(() => {
  harness = QuorumHarness.started({ brokers: 1 })
  harness.createTopic('ttt', 1, 1)
  harness.createTopic('a.b', 1, 1)
})

test.each(exchanges.map((exchange) => [titleOf(exchange), exchange] as const))('%s', (_, { api, request, answers }) => {
  const response = harness.ask(api, request)
  const results =
    'topics' in response
      ? response.topics
      : 'responses' in response
        ? response.responses
        : 'results' in response
          ? response.results
          : []
  const ours = results.map(({ errorCode, errorMessage }) => [errorCode, errorMessage])
  const kafkas = answers.map(([code, message], index) => {
    if (bugs.includes(code)) return ours[index]
    const [expectedCode, expectedMessage] = differences[message ?? ''] ?? [code, message]
    return [expectedCode, expectedMessage === '' ? null : expectedMessage]
  })
  expect(ours).toEqual(kafkas)
})

function titleOf({ api, request, answers }: Exchange): string {
  const asked = JSON.stringify(Object.values(request)[0]).slice(0, 90)
  return `${api} ${asked}: ${answers.map(([code]) => code).join(', ')}`
}
