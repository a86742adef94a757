// What the metadata says of all brokers follows how many there are, as long as nobody has set it to something else.
import { errors } from '../../protocol/errors.ts'
import { countedSettings, usualFor } from '../config/broker-config.ts'
import type { AsksController } from './controller-apis.ts'
import { brokerResource, type MetadataImage } from './image.ts'

interface BrokerCountHost extends AsksController {
  readonly image: MetadataImage
}

const requestTimeoutMs = 10_000

/** `done` with null, or with one line on why they stay as they were. */
export function followBrokerCount(
  host: BrokerCountHost,
  before: number,
  after: number,
  done: (refusal: string | null) => void,
): void {
  const known = host.image.brokerConfigs('')
  const configs = countedSettings
    .filter((name) => (known.get(name) ?? usualFor(name, before)) === usualFor(name, before))
    .map((name) => ({ name, configOperation: 0, value: usualFor(name, after) }))
    .filter(({ name, value }) => value !== usualFor(name, before))
  if (configs.length === 0) return done(null)
  const body = { resources: [{ resourceType: brokerResource, resourceName: '', configs }], validateOnly: false }
  host.request('IncrementalAlterConfigs', body, requestTimeoutMs, ({ errorCode, response }) => {
    const [result] = response?.responses ?? []
    const code = result?.errorCode ?? errorCode
    if (code === errors.NONE) return done(null)
    const names = configs.map(({ name }) => name).join(', ')
    done(`${names} stay as they were with ${before} brokers: ${result?.errorMessage ?? `error ${code}`}`)
  })
}
