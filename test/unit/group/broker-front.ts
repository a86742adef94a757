import type { Context, Handler } from '../../../src-broker/api/handler.ts'
import type { Broker } from '../../../src-broker/core/broker.ts'
import { type Asked, ask } from './asked.ts'
import type { ClusterOfOne } from './cluster-of-one.ts'

/** As much of a broker as the handlers of the group APIs look at. Topics are given by name, with an id and a number of partitions. */
export class BrokerFront {
  readonly internalTopicsAsked: string[] = []
  readonly cluster: ClusterOfOne
  readonly topics = new Map<string, { name: string; id: string; partitions: { leader: number }[] }>()

  constructor(cluster: ClusterOfOne) {
    this.cluster = cluster
  }

  withTopic(name: string, id: string, partitionCount: number, leader = 1): this {
    const partitions = Array.from({ length: partitionCount }, () => ({ leader }))
    this.topics.set(name, { name, id, partitions })
    return this
  }

  ask<Request, Response>(handler: Handler<Request, Response>, request: Request, version: number): Asked<Response> {
    const { cluster, topics } = this
    const broker = {
      groups: cluster.groups,
      lostBrokers: { areUndecided: false },
      image: {
        topics,
        topicsById: new Map([...topics.values()].map((topic) => [topic.id, topic])),
        partition: (name: string, index: number) => topics.get(name)?.partitions[index],
      },
      endpoints: () => [{ nodeId: 1, host: '127.0.0.1', port: 9092, rack: null }],
      ensureInternalTopic: (name: string) => this.internalTopicsAsked.push(name),
    } as unknown as Broker
    return ask((later) => {
      const context: Context<Response> = {
        version,
        connection: this,
        clientId: 'wire',
        clientHost: '/127.0.0.1',
        answer: later,
        stayQuiet: () => {},
        whenGone: undefined,
        close: () => {},
      }
      return handler(broker, request, context)
    })
  }
}
