// A message is described once, as a value. From that value come the TypeScript types (what a decoder returns, what an
// encoder accepts) and the compiled codec of every version (`compile.ts`).
//
//   /** Epoch the client believes the leader is in; -1 skips fencing (KIP-320). */
//   currentLeaderEpoch: int32.since(9).default(-1).ignorable(),
//
// Kafka's rules, kept:
// - One type for all versions. A field that a version lacks decodes to its default.
// - Encoding anything but the default into a version that lacks the field throws, unless the field is ignorable.
// - Without `default` it is the type's zero: 0, false, '', [], the zero uuid. Here alone we differ: a field that may be null in
//   every version that has it is null by default.
// - A field with a tag is written only where it differs from its default.
import { type Uuid, zeroUuid } from '../base/uuid.ts'
import type { RecordsSource } from './writer.ts'

export type ScalarKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'int53'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'uuid'
  | 'records'

export type WireType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'array'; readonly item: AnyField }
  | { readonly kind: 'struct'; readonly shape: Shape }

interface Rules {
  readonly since: number
  readonly until: number
  /** First version in which null may be written; Infinity where it never may. */
  readonly nullableSince: number
  readonly tag: number | undefined
  readonly isIgnorable: boolean
  /** As given to `default`; undefined where the type's zero holds. */
  readonly given: unknown
}

/**
 * One field. `Out` is what decoding gives, `In` what encoding takes; an `Optional` field may be left out when encoding,
 * which means its default.
 */
export class Field<Out, In = Out, Optional extends boolean = boolean> {
  declare readonly types: { readonly out: Out; readonly in: In; readonly isOptional: Optional }
  readonly type: WireType
  readonly rules: Rules

  constructor(type: WireType, rules: Rules = everywhere) {
    this.type = type
    this.rules = rules
  }

  /** The first version that has the field. */
  since(version: number): Field<Out, In, true> {
    return new Field(this.type, { ...this.rules, since: version })
  }

  /** The last version that has the field. */
  until(version: number): Field<Out, In, true> {
    return new Field(this.type, { ...this.rules, until: version })
  }

  /** May be null, from `version` on. */
  orNull(version = 0): Field<Out | null, In | null, true> {
    return new Field(this.type, { ...this.rules, nullableSince: version })
  }

  /** Written behind the struct as a tagged field, only where it differs from its default. */
  tag(tag: number): Field<Out, In, true> {
    return new Field(this.type, { ...this.rules, tag })
  }

  default(value: Out): Field<Out, In, true> {
    return new Field(this.type, { ...this.rules, given: value })
  }

  /** Dropped in silence where the version lacks it. */
  ignorable(): Field<Out, In, Optional> {
    return new Field(this.type, { ...this.rules, isIgnorable: true })
  }

  isIn(version: number): boolean {
    return version >= this.rules.since && version <= this.rules.until
  }

  isNullableIn(version: number): boolean {
    return version >= this.rules.nullableSince
  }

  /** May be left out when encoding: the type says the same as `Optional`. */
  get isOptional(): boolean {
    const { since, until, nullableSince, tag, given } = this.rules
    return since > 0 || until < Infinity || nullableSince < Infinity || tag !== undefined || given !== undefined
  }

  /** Undefined for a struct that is not null: its default is made of its fields' defaults. */
  get fallback(): unknown {
    if (this.rules.given !== undefined) return this.rules.given
    return this.rules.nullableSince <= this.rules.since ? null : zeroOf[this.type.kind]
  }
}

const everywhere: Rules = {
  since: 0,
  until: Infinity,
  nullableSince: Infinity,
  tag: undefined,
  isIgnorable: false,
  given: undefined,
}

const zeroOf: Record<WireType['kind'], unknown> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0n,
  int53: 0,
  float64: 0,
  string: '',
  bytes: new Uint8Array(0),
  uuid: zeroUuid,
  records: null,
  array: [],
  struct: undefined,
}

export type AnyField = Field<unknown>
export type Shape = { readonly [name: string]: AnyField }

/** What decoding a struct gives: every field, in every version. */
export type Decoded<S extends Shape> = { -readonly [K in keyof S]: S[K]['types']['out'] }

/** What encoding a struct takes: fields with a default may be left out. */
export type Encodable<S extends Shape> = {
  readonly [K in keyof S as S[K]['types']['isOptional'] extends true ? never : K]: S[K]['types']['in']
} & {
  readonly [K in keyof S as S[K]['types']['isOptional'] extends true ? K : never]?: S[K]['types']['in'] | undefined
}

const scalar = <Out, In = Out>(kind: ScalarKind): Field<Out, In, false> => new Field({ kind })

export const bool = scalar<boolean>('bool')
export const int8 = scalar<number>('int8')
export const int16 = scalar<number>('int16')
export const uint16 = scalar<number>('uint16')
export const int32 = scalar<number>('int32')
export const uint32 = scalar<number>('uint32')
/** Exact, as a bigint. For the few values that need all 64 bits. */
export const int64 = scalar<bigint>('int64')
/** An int64 on the wire, a number in memory: offsets, timestamps, producer ids. Beyond 2^53 the nearest double. */
export const int53 = scalar<number>('int53')
export const float64 = scalar<number>('float64')
export const string = scalar<string>('string')
/** Decodes to a copy, small and safe to keep. */
export const bytes = scalar<Uint8Array>('bytes')
export const uuid = scalar<Uuid>('uuid')
/** Record batches as they are. Decodes to a view into the receive buffer; encodes from bytes or straight from a file. */
export const records = scalar<Uint8Array | null, Uint8Array | RecordsSource | null>('records')

export function struct<S extends Shape>(shape: S): Field<Decoded<S>, Encodable<S>, false> {
  return new Field({ kind: 'struct', shape })
}

/** An array of a field, or of structs of the given shape. */
export function array<Out, In>(item: Field<Out, In>): Field<Out[], readonly In[], false>
export function array<S extends Shape>(shape: S): Field<Decoded<S>[], readonly Encodable<S>[], false>
export function array(item: AnyField | Shape): Field<unknown, unknown, false> {
  return new Field({ kind: 'array', item: item instanceof Field ? item : struct(item) })
}
