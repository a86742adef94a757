import { expect, expectTypeOf, test } from 'vitest'
import { errorOf, errors } from '../../../src-broker/protocol/errors.ts'

test('codes by name, as constants', () => {
  expect(errors.UNKNOWN_TOPIC_OR_PARTITION).toBe(3)
  expectTypeOf(errors.UNKNOWN_TOPIC_OR_PARTITION).toEqualTypeOf<3>()
})

test('every code from -1 to 133 has one name, a message and a verdict on retrying', () => {
  const codes = Object.values(errors).toSorted((one, other) => one - other)
  expect(codes).toEqual(Array.from({ length: 135 }, (_, index) => index - 1))
  for (const [name, code] of Object.entries(errors)) expect(errorOf(code)).toMatchObject({ code, name })
  expect(errorOf(errors.NOT_ENOUGH_REPLICAS)).toEqual({
    code: 19,
    name: 'NOT_ENOUGH_REPLICAS',
    isRetriable: true,
    message: 'Fewer replicas are in sync than min.insync.replicas asks for; nothing was written',
  })
})

test('a code of a newer broker reads as an unknown error', () => {
  expect(errorOf(9999).name).toBe('UNKNOWN_SERVER_ERROR')
})
