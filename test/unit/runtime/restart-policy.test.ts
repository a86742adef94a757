import { expect, test } from 'vitest'
import { RestartPolicy } from '../../../src-broker/runtime/restart-policy.ts'

const crashes = (policy: RestartPolicy, count: number, everyMs: number) =>
  Array.from({ length: count }, (_, index) => policy.crashed(1, index * everyMs))

test('a broker that crashes again and again is started later each time, and then left as it is', () => {
  expect(crashes(new RestartPolicy(), 10, 1_000)).toEqual([
    500,
    1_000,
    2_000,
    4_000,
    8_000,
    16_000,
    30_000,
    30_000,
    null,
    null,
  ])
})

test('a crash after five steady minutes is a first one again', () => {
  expect(crashes(new RestartPolicy(), 3, 300_001)).toEqual([500, 500, 500])
})

test('who starts it by hand wants it started again', () => {
  const policy = new RestartPolicy()
  crashes(policy, 9, 1)
  policy.forget(1)
  expect([policy.crashed(1, 10), policy.crashed(2, 10)]).toEqual([500, 500])
})

test('a broker whose disk refuses is tried every 30 seconds for as long as it takes', () => {
  const policy = new RestartPolicy()
  const delays = Array.from({ length: 40 }, (_, index) => policy.crashed(1, index * 30_000, true))
  expect([delays.slice(0, 3), delays.slice(6)]).toEqual([[500, 1_000, 2_000], new Array(34).fill(30_000)])
})
