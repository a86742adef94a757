// The network: held in one or both directions, between few or many, broken, or slow. And followers that cannot copy.
import type { Machine } from '../machine.ts'
import { between, chance, pick, shuffled } from '../randoms.ts'
import type { Fault, Trouble } from './trouble.ts'

interface Cut {
  readonly side: readonly Machine[]
  readonly other: readonly Machine[]
  /** Which way: from `side` to `other`, back, or both. */
  readonly to: boolean
  readonly from: boolean
  readonly withClients?: boolean
  readonly ms?: number
}

export function hold(trouble: Trouble, { side, other, to, from, withClients = false, ms }: Cut): () => void {
  const { cluster, random, clientNodes } = trouble
  const { network } = cluster
  const pairs: (readonly [number, number])[] = []
  const far = [...other.map(({ id }) => id), ...(withClients ? clientNodes : [])]
  for (const { id } of side) {
    for (const there of far) {
      if (to) pairs.push([id, there])
      if (from) pairs.push([there, id])
    }
  }
  for (const [a, b] of pairs) network.hold(a, b)
  const breaks = ms === undefined && chance(random, 0.3)
  return trouble.lasts(ms ?? between(random, 100, 9_000), () => {
    for (const [a, b] of pairs) {
      // Held for too long, a connection is given up by one of its ends, and what was under way is lost.
      if (breaks) for (const link of network.linksOf(a, b)) link.break()
      network.release(a, b)
    }
  })
}

const othersOf = ({ cluster }: Trouble, target: Machine): Machine[] =>
  cluster.machines.filter((machine) => machine !== target)

export const isolate: Fault = (trouble, target) => {
  const withClients = chance(trouble.random, 0.5)
  hold(trouble, { side: [target], other: othersOf(trouble, target), to: true, from: true, withClients })
  return true
}

export const oneWay: Fault = (trouble, target) => {
  const to = chance(trouble.random, 0.5)
  const withClients = chance(trouble.random, 0.3)
  hold(trouble, { side: [target], other: othersOf(trouble, target), to, from: !to, withClients })
  return true
}

export const split: Fault = (trouble) => {
  const order = shuffled(trouble.random, trouble.cluster.machines)
  const cut = 1 + Math.floor(trouble.random() * (order.length - 1))
  hold(trouble, { side: order.slice(0, cut), other: order.slice(cut), to: true, from: true })
  return true
}

/** Two halves that only the target sees both of. */
export const bridge: Fault = (trouble, target) => {
  const order = shuffled(trouble.random, othersOf(trouble, target))
  const half = order.length >> 1
  hold(trouble, { side: order.slice(0, half), other: order.slice(half), to: true, from: true })
  return true
}

/** Everyone sees the next two: majorities where there are five, no two the same. */
export const ring: Fault = (trouble) => {
  const order = shuffled(trouble.random, trouble.cluster.machines)
  for (const [index, machine] of order.entries()) {
    const unseen = order.filter((_, at) => {
      const distance = Math.min((at - index + order.length) % order.length, (index - at + order.length) % order.length)
      return at > index && distance > order.length / 4
    })
    if (unseen.length > 0) hold(trouble, { side: [machine], other: unseen, to: true, from: true })
  }
  return true
}

export const cutPair: Fault = (trouble, target) => {
  const other = [pick(trouble.random, othersOf(trouble, target))]
  hold(trouble, { side: [target], other, to: true, from: chance(trouble.random, 0.4) })
  return true
}

export const breakLinks: Fault = ({ cluster, random }, target) => {
  for (const link of cluster.network.linksOf(target.id)) if (chance(random, 0.6)) link.break()
  return true
}

export const delay: Fault = (trouble, target) => {
  const { cluster, random } = trouble
  const { network, machines } = cluster
  const extraDelayMs = between(random, 5, 700)
  const peers = machines.filter((machine) => machine !== target)
  for (const { id } of peers) {
    network.direction(id, target.id).extraDelayMs = extraDelayMs
    if (chance(random, 0.7)) network.direction(target.id, id).extraDelayMs = extraDelayMs
  }
  trouble.lasts(between(random, 500, 8_000), () => {
    for (const { id } of peers) {
      network.direction(id, target.id).extraDelayMs = 0
      network.direction(target.id, id).extraDelayMs = 0
    }
  })
  return true
}

export const starve: Fault = (trouble, target) => {
  const length = between(trouble.random, 200, 9_000)
  for (const machine of trouble.cluster.machines) {
    if (machine === target || chance(trouble.random, 0.35)) trouble.starve(machine, length)
  }
  return true
}
