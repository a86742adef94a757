// Heartbeat, versions 0–4.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { heartbeat as schema } from '../protocol/messages/12-heartbeat.ts'
import type { Handler } from './handler.ts'

export const heartbeat: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (broker, request) => ({
  errorCode: broker.groups.heartbeat(request),
})
