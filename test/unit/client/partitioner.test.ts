import { expect, test } from 'vitest'
import { murmur2, partitionOfKey } from '../../../src-broker/client/partitioner.ts'

test('murmur2 gives the numbers of the Java client', () => {
  // From org.apache.kafka.common.utils.UtilsTest.testMurmur2.
  expect(
    [
      '21',
      'foobar',
      'a-little-bit-long-string',
      'a-little-bit-longer-string',
      'lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8',
      'abc',
    ].map((key) => murmur2(Buffer.from(key))),
  ).toEqual([-973932308, -790332482, -985981536, -1486304829, -58897971, 479470107])
})

test('a key stays on its partition, and bytes above 127 count as they are', () => {
  expect(['DTW', 'LAS', 'Zürich', ''].map((key) => partitionOfKey(Buffer.from(key), 12))).toMatchInlineSnapshot(`
    [
      5,
      8,
      1,
      9,
    ]
  `)
})
