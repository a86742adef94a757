import { brokerConfigs } from './broker-configs.ts'
import type { Definition } from './definition.ts'

/** The README's table of settings that differ from Kafka's. */
export function differencesTable(): string {
  const rows = Object.entries<Definition>(brokerConfigs).flatMap(([name, { kafkaDefault, rules }]) =>
    rules.here === undefined ? [] : [`| \`${name}\` | ${kafkaDefault} | ${rules.here.value} | ${rules.here.why} |`],
  )
  return ['| Setting | Apache Kafka | Here | Why |', '|---|---|---|---|', ...rows].join('\n')
}
