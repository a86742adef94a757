import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { PeerLinks } from '../../../src-broker/runtime/peer-links.ts'

function linksOfOne() {
  const happened: string[] = []
  const links = new PeerLinks({
    up: (id) => happened.push(`${id} up`),
    received: (from, message) => happened.push(`${from} says ${message}`),
    lost: (id) => happened.push(`${id} lost, ${links.isUp(id) ? 'up' : 'down'}`),
  })
  const connect = (brokerId: number) => {
    const { port1, port2 } = new MessageChannel()
    links.connect(brokerId, port1)
    return port2
  }
  return { links, happened, connect }
}

test('a peer that is being killed is lost at once, and only once: what it still says is not heard', async () => {
  const { links, happened, connect } = linksOfOne()
  const two = connect(2)
  const closed = once(two, 'close')
  links.disconnect(2)
  expect(happened).toEqual(['2 up', '2 lost, down'])
  two.postMessage([7])
  await closed
  links.disconnect(2)
  expect(happened).toEqual(['2 up', '2 lost, down'])
})

test('a peer whose thread has ended is lost when its port closes', async () => {
  const { links, happened, connect } = linksOfOne()
  connect(2).close()
  await expect.poll(() => links.isUp(2)).toBe(false)
  expect(happened).toEqual(['2 up', '2 lost, down'])
})

test("a peer's next life may come before word of the end of the one before", async () => {
  const { happened, connect } = linksOfOne()
  const before = connect(2)
  const ended = once(before, 'close')
  const after = connect(2)
  await ended
  after.postMessage([7])
  await expect.poll(() => happened).toEqual(['2 up', '2 lost, down', '2 up', '2 says 7'])
  after.close()
})
