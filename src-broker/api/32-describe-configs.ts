// DescribeConfigs, versions 1–4, for topics and brokers: every setting, with where its value comes from.
// Settings of another broker are that broker's to tell; loggers, client metrics and groups have none here.
import type { Broker } from '../core/broker.ts'
import {
  type DescribedConfig,
  describeAllBrokers,
  describeBroker,
  describeTopic,
} from '../core/config/describe-configs.ts'
import { brokerResource, topicResource } from '../core/quorum/image.ts'
import { topicNameProblem } from '../core/quorum/topic-names.ts'
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
      errorMessage: '',
      resourceType,
      resourceName,
      configs: found
        .filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
        .map((config) => shown(config, request)),
    }
  }),
})

type Found = readonly DescribedConfig[] | { readonly errorCode: number; readonly errorMessage: string }

/** Broker loggers, client metrics, groups. */
const kindsWithoutSettings: readonly number[] = [8, 16, 32]

function find(broker: Broker, { resourceType, resourceName }: Resource): Found {
  const { brokerId } = broker.options
  const viewer = { brokerId, config: broker.config, image: broker.image }
  if (resourceType === topicResource) {
    const problem = topicNameProblem(resourceName)
    if (problem !== undefined) return refuse(errors.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${problem}`)
    if (!broker.image.topics.has(resourceName)) return refuse(errors.UNKNOWN_TOPIC_OR_PARTITION, '')
    return describeTopic(viewer, resourceName)
  }
  if (kindsWithoutSettings.includes(resourceType)) return []
  if (resourceType !== brokerResource) return refuse(errors.INVALID_REQUEST, `Unknown resource type ${resourceType}`)
  if (resourceName === '') return describeAllBrokers(viewer)
  if (resourceName === String(brokerId)) return describeBroker(viewer)
  const wanted = `Unexpected broker id, expected ${brokerId} or empty string, but received ${resourceName}`
  const isNumber = /^-?\d+$/.test(resourceName)
  return refuse(errors.INVALID_REQUEST, isNumber ? wanted : `Broker id must be an integer, but it is: ${resourceName}`)
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
