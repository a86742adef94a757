// What answers the windows. Everything about topics, messages and groups goes through the Kafka protocol, as it would on any cluster;
// only the switches at the brokers' heads and the view of their insides come from the owned cluster itself.
import { ClusterClient } from '../../src-broker/client/cluster-client.ts'
import type { ClusterHost } from '../../src-broker/runtime/cluster-host.ts'
import { type Handlers, requestNames } from '../contract/contract.ts'
import { RequestFailed } from '../contract/rpc.ts'
import type { Services, ServicesOptions } from '../services-contract.ts'
import { Journal } from '../store/journal.ts'
import { storePath } from '../store/store.ts'
import { appHandlers } from './app.ts'
import { ClusterService } from './cluster.ts'
import { EventBus } from './event-bus.ts'
import { GroupService } from './groups.ts'
import { MessageService } from './messages.ts'
import { ownClientId, PulseService } from './pulse.ts'
import { connectWithKafkajs, SampleService } from './samples.ts'
import { TailService } from './tails.ts'
import { topicChangeHandlers } from './topic-changes.ts'
import { topicHandlers } from './topics.ts'

export function createServices(host: ClusterHost, options: ServicesOptions): Services {
  const events = new EventBus()
  const journal = new Journal(options.isEphemeral ? ':memory:' : storePath(options.dataDirectory), (error) =>
    console.error(`The journal cannot be written: ${error instanceof Error ? error.message : error}`),
  )
  const client = new ClusterClient({ bootstrap: host.bootstrap, clientId: ownClientId })
  const pulse = new PulseService(host, events, journal)
  const cluster = new ClusterService(host, events, (brokerId, deed) => pulse.expect(brokerId, deed))
  const messages = new MessageService(client, journal)
  const tails = new TailService(client, events)
  const groups = new GroupService(client, events, pulse, journal)
  const samples = new SampleService(client, connectWithKafkajs(host.bootstrap), events, journal)
  const handlers: Handlers = {
    ...appHandlers(client, options),
    ...cluster.handlers,
    ...pulse.handlers,
    ...topicHandlers(client, () => cluster.view(), events, journal),
    ...topicChangeHandlers(client, events, journal),
    ...messages.handlers,
    ...tails.handlers,
    ...groups.handlers,
    ...samples.handlers,
  }
  return {
    handlers: checked(handlers),
    events,
    async close() {
      tails.close()
      messages.close()
      cluster.close()
      pulse.close()
      client.close()
      await journal.close()
    },
  }
}

/** The same handlers behind a check of what they are given. The checker is loaded with the first request. */
function checked(handlers: Handlers): Handlers {
  const entries = requestNames.map((name) => [
    name,
    async (argument: unknown) => {
      const { faultOf } = await import('./requests.ts')
      const fault = faultOf(name, argument)
      if (fault !== null) throw new RequestFailed('INVALID_REQUEST', `${name} was asked wrongly, ${fault}.`)
      return (handlers[name] as (argument: unknown) => unknown)(argument)
    },
  ])
  return Object.fromEntries(entries)
}
