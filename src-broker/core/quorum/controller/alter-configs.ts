// IncrementalAlterConfigs and the older AlterConfigs, for topics (2) and brokers (4; the empty name means all of them).
import { errors } from '../../../protocol/errors.ts'
import { brokerDefinition, minInsyncReplicasName as minInsyncReplicas } from '../../config/broker-config.ts'
import { listOf } from '../../config/definition.ts'
import { topicDefinition } from '../../config/topic-configs.ts'
import { brokerConfigsProblem, topicConfigsProblem } from '../../config/validate-configs.ts'
import type {
  AlterConfigsRequest,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../controller-apis.ts'
import { brokerResource, type MetadataImage, topicResource } from '../image.ts'
import type { InputOf } from '../records.ts'
import { type ApiError, type Decision, duplicates, isError, noError, refuse, type Situation } from './decision.ts'

type Resource = IncrementalAlterConfigsRequest['resources'][number]
type Operation = Resource['configs'][number]

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

/** What the older request does not name goes back to its default. */
export function alterConfigs(
  situation: Situation,
  { resources, validateOnly }: AlterConfigsRequest,
): Decision<IncrementalAlterConfigsResponse> {
  const { image } = situation
  const changes = resources.map(({ resourceType, resourceName, configs }) => {
    const before = resourceType === topicResource ? image.topicConfigs(resourceName) : image.brokerConfigs(resourceName)
    const named = new Set(configs.map(({ name }) => name))
    const unnamed = [...before.keys()].filter((name) => !named.has(name))
    const set = configs.map((config) => ({ ...config, configOperation: operations.set }))
    const unset = unnamed.map((name) => ({ name, value: null, configOperation: operations.delete }))
    return { resourceType, resourceName, configs: [...set, ...unset] }
  })
  return incrementalAlterConfigs(situation, { resources: changes, validateOnly })
}

export function incrementalAlterConfigs(
  { image }: Situation,
  request: IncrementalAlterConfigsRequest,
): Decision<IncrementalAlterConfigsResponse> {
  const keyOf = (resource: Resource) => `${resource.resourceType} ${resource.resourceName}`
  const twice = duplicates(request.resources.map(keyOf))
  const records: (InputOf<'ConfigRecord'> | InputOf<'ClearElrRecord'>)[] = []
  const responses = request.resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const altered = twice.has(keyOf(resource))
      ? refuse(errors.INVALID_REQUEST, 'Each resource must appear at most once.')
      : alter(image, resource)
    if (!isError(altered)) records.push(...altered, ...clearedElr(altered))
    return { ...(isError(altered) ? altered : noError), resourceType, resourceName }
  })
  return { records: request.validateOnly ? [] : records, response: { responses } }
}

/** Who was eligible by the old number need not have everything by the new one: the high watermark may have moved without it. */
function clearedElr(altered: readonly InputOf<'ConfigRecord'>[]): InputOf<'ClearElrRecord'>[] {
  const change = altered.find(({ name }) => name === minInsyncReplicas)
  if (change === undefined) return []
  return [{ type: 'ClearElrRecord', topicName: change.resourceType === topicResource ? change.resourceName : '' }]
}

function alter(image: MetadataImage, resource: Resource): InputOf<'ConfigRecord'>[] | ApiError {
  const { resourceType, resourceName, configs } = resource
  const problem = requestProblem(image, resource)
  if (problem !== undefined) return problem
  const isTopic = resourceType === topicResource
  const before = isTopic ? image.topicConfigs(resourceName) : image.brokerConfigs(resourceName)
  const after = new Map(before)
  const records: InputOf<'ConfigRecord'>[] = []
  for (const operation of configs) {
    const { name } = operation
    const value = valueAfter(before.get(name), operation, isTopic)
    if (value !== null && typeof value !== 'string') return value
    if (value === null) after.delete(name)
    else after.set(name, value)
    if (value !== (before.get(name) ?? null))
      records.push({ type: 'ConfigRecord', resourceType, resourceName, name, value })
  }
  const invalid = isTopic ? topicConfigsProblem(after) : brokerConfigsProblem(after, resourceName === '')
  return invalid === undefined ? records : refuse(isTopic ? errors.INVALID_CONFIG : errors.INVALID_REQUEST, invalid)
}

function requestProblem(image: MetadataImage, { resourceType, resourceName, configs }: Resource): ApiError | undefined {
  const wrong = (why: string) => refuse(errors.INVALID_REQUEST, why)
  if (duplicates(configs.map(({ name }) => name)).size > 0) return wrong('Error due to duplicate config keys')
  const unset = configs.filter(({ value, configOperation }) => value === null && configOperation !== operations.delete)
  if (unset.length > 0) return wrong(`Null value not supported for : ${unset.map(({ name }) => name).join(', ')}`)
  const unknown = configs.find(({ configOperation }) => configOperation < 0 || configOperation > operations.subtract)
  if (unknown !== undefined) return wrong(`Unknown operations type ${unknown.configOperation}`)
  if (resourceType === topicResource) {
    if (resourceName === '') return wrong('Default topic resources are not allowed.')
    return image.topics.has(resourceName)
      ? undefined
      : refuse(errors.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${resourceName}' does not exist.`)
  }
  if (resourceType !== brokerResource) return wrong(`Unknown resource type ${resourceType}`)
  if (resourceName === '') {
    const isRemoved = configs.some(
      (each) => each.name === minInsyncReplicas && each.configOperation === operations.delete,
    )
    if (!isRemoved) return undefined
    return refuse(errors.INVALID_CONFIG, 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.')
  }
  if (configs.some(({ name }) => name === minInsyncReplicas)) {
    return refuse(errors.INVALID_CONFIG, 'Broker-level min.insync.replicas cannot be altered while ELR is enabled.')
  }
  if (!/^-?\d+$/.test(resourceName)) return wrong(`Node id must be an integer, but it is: ${resourceName}`)
  return image.brokers.has(Number(resourceName)) ? undefined : wrong(`No broker ${resourceName} is registered`)
}

function valueAfter(current: string | undefined, operation: Operation, isTopic: boolean): string | null | ApiError {
  const { name, configOperation, value } = operation
  if (configOperation === operations.delete) return null
  if (configOperation === operations.set) return value
  const isAppend = configOperation === operations.append
  const definition = isTopic ? topicDefinition(name) : brokerDefinition(name)
  if (definition?.type !== 'list') {
    const verb = isAppend ? 'APPEND' : 'SUBTRACT'
    const why = isTopic
      ? `Can't ${verb} to key ${name} because its type is not LIST.`
      : `Config value ${verb.toLowerCase()} is not allowed for config key: ${name}`
    return refuse(errors.INVALID_CONFIG, why)
  }
  const had = listOf(current ?? definition.default ?? '')
  const named = listOf(value ?? '')
  const items = isAppend
    ? [...had, ...named.filter((item) => !had.includes(item))]
    : had.filter((item) => !named.includes(item))
  return items.join(',')
}
