import type { Api } from '../api.ts'
import { produce } from './00-produce.ts'
import { fetch } from './01-fetch.ts'
import { listOffsets } from './02-list-offsets.ts'
import { metadata } from './03-metadata.ts'
import { apiVersions } from './18-api-versions.ts'
import { createTopics } from './19-create-topics.ts'
import { initProducerId } from './22-init-producer-id.ts'

/** Every API we speak, by key. */
export const apis: ReadonlyMap<number, Api> = new Map<number, Api>(
  [produce, fetch, listOffsets, metadata, apiVersions, createTopics, initProducerId].map((api) => [api.key, api]),
)

export { apiVersions, createTopics, fetch, initProducerId, listOffsets, metadata, produce }
