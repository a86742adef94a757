import { assert } from '../base/assert.ts'
import { type Codec, compileCodec } from './compile.ts'
import type { Decoded, Encodable, Shape } from './schema.ts'

interface ApiDefinition<Request extends Shape, Response extends Shape> {
  readonly key: number
  readonly name: string
  /** First and last version that we read and write. */
  readonly versions: readonly [min: number, max: number]
  /** First version with compact lengths and tagged fields. */
  readonly flexibleFrom: number
  readonly request: Request
  readonly response: Response
}

/** One API of the wire protocol, both directions, all versions. Codecs are compiled when a version is first used. */
export class Api<Request extends Shape = Shape, Response extends Shape = Shape> {
  readonly key: number
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  readonly flexibleFrom: number
  readonly request: Request
  readonly response: Response
  readonly #requestCodecs: Codec<Request>[] = []
  readonly #responseCodecs: Codec<Response>[] = []

  constructor(definition: ApiDefinition<Request, Response>) {
    this.key = definition.key
    this.name = definition.name
    this.minVersion = definition.versions[0]
    this.maxVersion = definition.versions[1]
    this.flexibleFrom = definition.flexibleFrom
    this.request = definition.request
    this.response = definition.response
  }

  supports(version: number): boolean {
    return version >= this.minVersion && version <= this.maxVersion
  }

  isFlexible(version: number): boolean {
    return version >= this.flexibleFrom
  }

  requestCodec(version: number): Codec<Request> {
    return (this.#requestCodecs[version] ??= this.#compile('Request', this.request, version))
  }

  responseCodec(version: number): Codec<Response> {
    return (this.#responseCodecs[version] ??= this.#compile('Response', this.response, version))
  }

  #compile<S extends Shape>(direction: string, shape: S, version: number): Codec<S> {
    assert(this.supports(version), `${this.name} has no version ${version}`)
    return compileCodec(this.name + direction, shape, version, this.isFlexible(version))
  }
}

export const defineApi = <Request extends Shape, Response extends Shape>(
  definition: ApiDefinition<Request, Response>,
): Api<Request, Response> => new Api(definition)

/** A request as decoded: every field is there, whatever the version. */
export type RequestOf<A extends { readonly request: Shape }> = Decoded<A['request']>
export type ResponseOf<A extends { readonly response: Shape }> = Decoded<A['response']>

/** A request as encoding takes it: fields with a default may be left out, records may come straight from a file. */
export type RequestInput<A extends { readonly request: Shape }> = Encodable<A['request']>
export type ResponseInput<A extends { readonly response: Shape }> = Encodable<A['response']>
