// Kafka's own meta.properties in a broker's directory, so that Kafka's tools and a later start know whose directory it is.
import fs from 'node:fs'
import { join } from 'node:path'
import { type Uuid, uuidFromBase64, uuidToBase64 } from '../base/uuid.ts'
import { replaceFile } from './replace-file.ts'

const version = '1'

const fileIn = (directory: string): string => join(directory, 'meta.properties')

/** Why a directory is not that of this broker: it was brought here from another place, or written by what this one cannot know. */
export function foreignMeta(directory: string, brokerId: number, clusterId: string): string | undefined {
  const known = read(directory)
  const other = (name: string, own: string): string | undefined => {
    const value = known.get(name)
    return value === own ? undefined : value
  }
  const [otherVersion, cluster, broker] = [
    other('version', version),
    other('cluster.id', clusterId),
    other('node.id', String(brokerId)),
  ]
  if (otherVersion !== undefined) return `${directory} is of version ${otherVersion}, this Pressroom knows ${version}`
  if (cluster !== undefined) return `${directory} belongs to another cluster (${cluster}, this one is ${clusterId})`
  return broker === undefined ? undefined : `${directory} is the directory of broker ${broker}`
}

/** The id of the directory: that in the file, or a new one that is written there with all that goes with it. */
export function directoryIdIn(directory: string, brokerId: number, clusterId: string, newId: () => Uuid): Uuid {
  const known = uuidFromBase64(read(directory).get('directory.id') ?? '')
  if (known !== undefined) return known
  const id = newId()
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lines = [
    `version=${version}`,
    `cluster.id=${clusterId}`,
    `node.id=${brokerId}`,
    `directory.id=${uuidToBase64(id)}`,
  ]
  replaceFile(fileIn(directory), `${lines.join('\n')}\n`)
  return id
}

/** From now on it is a directory of which nothing is known. */
export function forgetBrokerMeta(directory: string): void {
  fs.rmSync(fileIn(directory), { force: true })
}

/** Empty where there is none. */
function read(directory: string): ReadonlyMap<string, string> {
  const file = fileIn(directory)
  const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : []
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^([^#=]+)=(.*?)\r?$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name.trim(), value.trim()] as const]
    }),
  )
}
