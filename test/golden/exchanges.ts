import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Api } from '../../src-broker/protocol/api.ts'
import { apis } from '../../src-broker/protocol/messages/index.ts'

/** A request that a real client sent, and what Apache Kafka 4.3.1 answered: whole frames. */
export interface Exchange {
  readonly api: Api
  readonly version: number
  readonly clientId: string
  readonly request: Uint8Array
  readonly response: Uint8Array
}

export const exchanges: readonly Exchange[] = readFileSync(join(import.meta.dirname, 'kafka-4.3.1.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const { key, version, client, request, response } = JSON.parse(line)
    return {
      api: apis.get(key)!,
      version,
      clientId: client,
      request: new Uint8Array(Buffer.from(request, 'hex')),
      response: new Uint8Array(Buffer.from(response, 'hex')),
    }
  })

export const lengthPrefixBytes = 4
