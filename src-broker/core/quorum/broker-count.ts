// What the metadata says of all brokers follows how many there are, as long as nobody has set it to something else.
import { errors } from '../../protocol/errors.ts'
import { minInsyncReplicasName, usualMinInsyncReplicas } from '../config/broker-config.ts'
import type { AsksController } from './controller-apis.ts'
import { brokerResource, type MetadataImage } from './image.ts'

interface BrokerCountHost extends AsksController {
  readonly image: MetadataImage
}

const requestTimeoutMs = 10_000

/** `done` with null, or with one line on why it stays as it was. */
export function followBrokerCount(
  host: BrokerCountHost,
  before: number,
  after: number,
  done: (refusal: string | null) => void,
): void {
  const value = usualMinInsyncReplicas(after)
  const current = host.image.brokerConfigs('').get(minInsyncReplicasName)
  if (current === value || current !== usualMinInsyncReplicas(before)) return done(null)
  const configs = [{ name: minInsyncReplicasName, configOperation: 0, value }]
  const body = { resources: [{ resourceType: brokerResource, resourceName: '', configs }], validateOnly: false }
  host.request('IncrementalAlterConfigs', body, requestTimeoutMs, ({ errorCode, response }) => {
    const [result] = response?.responses ?? []
    const code = result?.errorCode ?? errorCode
    if (code === errors.NONE) return done(null)
    done(`${minInsyncReplicasName} stays ${current}: ${result?.errorMessage ?? `error ${code}`}`)
  })
}
