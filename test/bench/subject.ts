// Who is measured: our cluster, a control, or whatever else speaks Kafka.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterClient } from '../../src-broker/client/cluster-client.ts'
import { expectNoError } from '../../src-broker/client/failures.ts'
import { errors } from '../../src-broker/protocol/errors.ts'
import { createTopics } from '../../src-broker/protocol/messages/19-create-topics.ts'
import { deleteTopics } from '../../src-broker/protocol/messages/20-delete-topics.ts'
import { freePorts } from '../support/free-ports.ts'
import { startHost } from '../support/start-host.ts'
import { serve } from './children.ts'
import { recordBatch } from './frames.ts'
import type { Requests } from './measure.ts'
import { scripts } from './yardsticks.ts'

/** A topic of one partition with nothing in it. */
export interface OpenTopic {
  readonly topic: string
  /** Of the partition's leader, on 127.0.0.1. */
  readonly port: number
  /** Every process whose CPU time the topic costs. */
  readonly pids: readonly number[]
  close(): Promise<void>
}

export interface Subject {
  readonly name: string
  openTopic(replicationFactor: number, requests: Requests): Promise<OpenTopic>
  stop(): Promise<void>
}

/** The built host with three brokers. */
export async function ourCluster(folder: string): Promise<Subject> {
  const host = await startHost({ data: join(folder, 'cluster') })
  const cluster = runningCluster('pressroom', host.bootstrap, [host.pid])
  return {
    ...cluster,
    async stop() {
      await cluster.stop()
      await host.stop()
    },
  }
}

/** A running cluster, of whatever make. */
export function runningCluster(name: string, bootstrap: readonly string[], pids: readonly number[]): Subject {
  const client = new ClusterClient({ bootstrap, clientId: 'bench', requestTimeoutMs: 30_000 })
  let count = 0
  return {
    name,
    async openTopic(replicationFactor) {
      const topic = `bench-${process.pid}-${++count}`
      const created = await client.command(createTopics, {
        topics: [{ name: topic, numPartitions: 1, replicationFactor, assignments: [], configs: [] }],
      })
      expectNoError(created.topics[0]!.errorCode, `Creating ${topic}`)
      const port = await leaderPort(client, topic)
      return { topic, port, pids, close: () => deleteTopic(client, topic) }
    },
    async stop() {
      client.close()
    },
  }
}

async function leaderPort(client: ClusterClient, topic: string): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const partition = (await client.topic(topic).catch(() => null))?.partitions[0]
    const leader = (await client.brokers()).find(({ brokerId }) => brokerId === partition?.leader)
    if (leader !== undefined) return leader.port
    client.forgetTopic(topic)
    await sleep(50)
  }
  throw new Error(`topic ${topic} has no leader`)
}

async function deleteTopic(client: ClusterClient, name: string): Promise<void> {
  const topics = [{ name, topicId: '0'.repeat(32) }]
  const { responses } = await client.command(deleteTopics, { topics, topicNames: [name], timeoutMs: 30_000 })
  const { errorCode } = responses[0]!
  // A broker may repeat the request where the controller took long, and find that the first one did it.
  if (errorCode !== errors.UNKNOWN_TOPIC_OR_PARTITION) expectNoError(errorCode, `Deleting ${name}`)
}

/** The broker in TypeScript that only answers. Its topics are named by what is fetched from them. */
export async function onlyAnswers(folder: string): Promise<Subject> {
  const port = await freePorts(1)
  const child = await serve([...scripts.controlBroker, String(port), folder])
  return {
    name: 'only answers',
    async openTopic(_, { recordBytes, recordsPerRequest }) {
      const topic = `${recordsPerRequest}x${recordBytes}`
      writeFileSync(join(folder, topic), recordBatch(recordBytes, recordsPerRequest))
      return { topic, port, pids: [child.pid], close: async () => {} }
    },
    stop: () => child.stop(),
  }
}

/** The broker in C: does the work of one replica, whatever replication factor it is asked for. */
export function cBroker(command: readonly string[], folder: string): Subject {
  return {
    name: 'C broker',
    async openTopic() {
      const port = await freePorts(1)
      const child = await serve([...command, String(port), join(folder, 'c-broker.log')])
      return { topic: 'control', port, pids: [child.pid], close: () => child.stop() }
    },
    async stop() {},
  }
}
