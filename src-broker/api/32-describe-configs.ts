// DescribeConfigs, versions 1–4, for topics and brokers: every setting, with where its value comes from.
// Settings of another broker are that broker's to tell; client metrics and groups have none here.
import type { Broker } from '../core/broker.ts'
import {
  type DescribedConfig,
  describeAllBrokers,
  describeBroker,
  describeTopic,
} from '../core/config/describe-configs.ts'
import { brokerResource, topicResource } from '../core/quorum/image.ts'
import { isValidTopicName } from '../core/quorum/topic-names.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { describeConfigs as schema } from '../protocol/messages/32-describe-configs.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>
type Resource = Request['resources'][number]

export const describeConfigs: Handler<Request, ResponseInput<typeof schema>> = (broker, request) => ({
  throttleTimeMs: 0,
  results: request.resources.map((resource) => {
    const { resourceType, resourceName, configurationKeys } = resource
    const found = find(broker, resource)
    if ('errorCode' in found) return { ...found, resourceType, resourceName, configs: [] }
    return {
      errorCode: errors.NONE,
      errorMessage: null,
      resourceType,
      resourceName,
      configs: found.configs
        .filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
        .map((config) => shown(config, request)),
    }
  }),
})

type Found =
  | { readonly configs: readonly DescribedConfig[] }
  | { readonly errorCode: number; readonly errorMessage: string }

function find(broker: Broker, { resourceType, resourceName }: Resource): Found {
  const viewer = { brokerId: broker.options.brokerId, config: broker.config, image: broker.image }
  if (resourceType === topicResource) {
    if (!isValidTopicName(resourceName))
      return refuse(errors.INVALID_TOPIC_EXCEPTION, `${resourceName} is no topic name`)
    if (!broker.image.topics.has(resourceName))
      return refuse(errors.UNKNOWN_TOPIC_OR_PARTITION, `no topic ${resourceName}`)
    return { configs: describeTopic(viewer, resourceName) }
  }
  if (resourceType !== brokerResource)
    return refuse(errors.INVALID_REQUEST, `resource type ${resourceType} has no settings here`)
  if (resourceName === '') return { configs: describeAllBrokers(viewer) }
  if (resourceName === String(viewer.brokerId)) return { configs: describeBroker(viewer) }
  return refuse(errors.INVALID_REQUEST, `asked broker ${viewer.brokerId} for the settings of broker ${resourceName}`)
}

const refuse = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage })

function shown(config: DescribedConfig, { includeSynonyms, includeDocumentation }: Request) {
  const { name, value, readOnly, source, isSensitive, synonyms, type, doc } = config
  return {
    name,
    value,
    readOnly,
    configSource: source,
    isSensitive,
    synonyms: includeSynonyms ? synonyms : [],
    configType: type,
    documentation: includeDocumentation ? doc : null,
  }
}
