import type { ClusterClient } from '../../src-broker/client/cluster-client.ts'
import { describeBrokerConfigs } from '../../src-broker/client/configs.ts'
import type { AppInfo, Handlers, LaptopDefault } from '../contract/contract.ts'
import type { ServicesOptions } from '../services-contract.ts'
import { laptopDefaultsAmong } from './laptop-defaults.ts'

export function appHandlers(client: ClusterClient, options: ServicesOptions): Pick<Handlers, 'app.info'> {
  return {
    'app.info': async (): Promise<AppInfo> => ({
      version: options.version,
      host: options.host,
      dataDirectory: options.dataDirectory,
      isEphemeral: options.isEphemeral,
      laptopDefaults: await laptopDefaults(client).catch(() => []),
    }),
  }
}

/** What the brokers were started with and Kafka would have otherwise, as they themselves tell it. */
async function laptopDefaults(client: ClusterClient): Promise<LaptopDefault[]> {
  const [broker] = await client.brokers()
  if (broker === undefined) return []
  return laptopDefaultsAmong(await describeBrokerConfigs(client, broker.brokerId))
}
