import type { Api } from '../api.ts'
import * as messages from './all.ts'

export * from './all.ts'

/** Every API we speak, by key. */
export const apis: ReadonlyMap<number, Api> = new Map(
  Object.values(messages)
    .sort((one, other) => one.key - other.key)
    .map((api: Api) => [api.key, api]),
)
