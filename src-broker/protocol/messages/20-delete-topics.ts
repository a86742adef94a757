import { defineApi } from '../api.ts'
import { array, int16, int32, string, uuid } from '../schema.ts'

export const deleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleFrom: 4,
  request: {
    /** By name or, where that is null, by id. */
    topics: array({
      name: string.orNull(),
      topicId: uuid,
    }).since(6),
    topicNames: array(string).until(5).ignorable(),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.default(0),
    responses: array({
      name: string.orNull(6),
      topicId: uuid.since(6).ignorable(),
      errorCode: int16,
      errorMessage: string.since(5).orNull().ignorable(),
    }),
  },
})
