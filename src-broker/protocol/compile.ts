// Turns a shape into the source of one version's codec and compiles it. The source is what one would write by hand, a line
// per field, and runs as fast; walking the schema per call costs five to eight times more, closures three to five.
// Everything in it comes from our own schemas, never from input, which is what makes `new Function` safe here.
import type { WireReader } from './reader.ts'
import type { AnyField, Decoded, Encodable, Shape } from './schema.ts'
import type { WireWriter } from './writer.ts'

export interface Codec<S extends Shape> {
  decode(reader: WireReader): Decoded<S>
  encode(message: Encodable<S>, writer: WireWriter): void
  /** The compiled text, named `kafka/<name>-v<version>.js` in stack traces. */
  readonly source: string
}

/** The message says something that this version of it cannot carry. */
export class UnsupportedByVersion extends Error {
  override readonly name = 'UnsupportedByVersion'
}

/** `name` appears in errors and stack traces. A flexible version has compact lengths and tagged fields. */
export function compileCodec<S extends Shape>(name: string, shape: S, version: number, isFlexible: boolean): Codec<S> {
  const lines = [
    "'use strict'",
    'return {',
    ...indented(new DecoderSource(version, isFlexible).lines(shape)),
    ...indented(new EncoderSource(version, isFlexible).lines(shape)),
    '}',
    `//# sourceURL=kafka/${name}-v${version}.js`,
  ]
  const source = lines.join('\n')
  const unsupported = (field: string): never => {
    throw new UnsupportedByVersion(`${name} version ${version} cannot carry this value of '${field}'`)
  }
  return { ...new Function('unsupported', source)(unsupported), source }
}

class DecoderSource {
  readonly #version: number
  readonly #isFlexible: boolean
  readonly #unique = uniqueNames('reader', 'tags', 'tag', 'end')

  constructor(version: number, isFlexible: boolean) {
    this.#version = version
    this.#isFlexible = isFlexible
  }

  lines(shape: Shape): string[] {
    const body: string[] = []
    const message = this.#readStruct(shape, body)
    return ['decode(reader) {', ...indented([...body, `return ${message}`]), '},']
  }

  /** Adds the statements that read a struct to `out` and returns the literal that is its value. */
  #readStruct(shape: Shape, out: string[]): string {
    const cases: string[] = []
    const properties = Object.entries(shape).map(([name, field]) => {
      const variable = this.#unique(name)
      if (!field.isIn(this.#version)) out.push(`const ${variable} = ${literalOf(field)}`)
      else if (field.rules.tag === undefined) {
        const value = this.#readField(field, variable, out)
        if (value !== variable) out.push(`const ${variable} = ${value}`)
      } else {
        out.push(`let ${variable} = ${literalOf(field)}`)
        const body: string[] = []
        const value = this.#readField(field, this.#unique(name), body)
        cases.push(`case ${field.rules.tag}: {`, ...indented([...body, `${variable} = ${value}`, 'break']), '}')
      }
      return variable === name ? name : `${name}: ${variable}`
    })
    if (this.#isFlexible) out.push(...taggedSection(cases))
    return `{ ${properties.join(', ')} }`
  }

  /** As `#readStruct`. The value may be declared as `variable`, which is free. */
  #readField(field: AnyField, variable: string, out: string[]): string {
    const { type } = field
    const isNullable = field.isNullableIn(this.#version)
    const body: string[] = []
    switch (type.kind) {
      case 'array': {
        const length = this.#unique(`${variable}Length`)
        const index = this.#unique('index')
        const itemBytes = Math.max(1, leastBytes(type.item, this.#version, this.#isFlexible))
        const method = methodOf('arrayLength', isNullable, this.#isFlexible)
        const item = this.#readField(type.item, this.#unique(`${variable}Item`), body)
        out.push(
          `const ${length} = reader.${method}(${itemBytes})`,
          `const ${variable} = ${isNullable ? `${length} < 0 ? null : ` : ''}new Array(${length})`,
          `for (let ${index} = 0; ${index} < ${length}; ${index}++) {`,
          ...indented([...body, `${variable}[${index}] = ${item}`]),
          '}',
        )
        return variable
      }
      case 'struct': {
        if (!isNullable) return this.#readStruct(type.shape, out)
        const value = this.#readStruct(type.shape, body)
        out.push(`let ${variable} = null`)
        out.push('if (reader.int8() >= 0) {', ...indented([...body, `${variable} = ${value}`]), '}')
        return variable
      }
      default:
        return `reader.${methodOf(type.kind, isNullable, this.#isFlexible)}()`
    }
  }
}

function taggedSection(cases: string[]): string[] {
  if (cases.length === 0) return ['reader.skipTagged()']
  return [
    'for (let tags = reader.uvarint(); tags > 0; tags--) {',
    ...indented([
      'const tag = reader.uvarint()',
      'const end = reader.taggedEnd()',
      'switch (tag) {',
      ...indented([...cases, 'default:', '  reader.skipTo(end)']),
      '}',
      'reader.expectAt(end)',
    ]),
    '}',
  ]
}

class EncoderSource {
  readonly #version: number
  readonly #isFlexible: boolean
  readonly #unique = uniqueNames('message', 'writer', 'begun')

  constructor(version: number, isFlexible: boolean) {
    this.#version = version
    this.#isFlexible = isFlexible
  }

  lines(shape: Shape): string[] {
    const body: string[] = []
    this.#writeStruct(shape, 'message', body)
    return ['encode(message, writer) {', ...indented(body), '},']
  }

  #writeStruct(shape: Shape, struct: string, out: string[]): void {
    const tagged: TaggedValue[] = []
    for (const [name, field] of Object.entries(shape)) {
      const value = `${struct}.${name}`
      if (!field.isIn(this.#version)) {
        if (!field.rules.isIgnorable) out.push(`if (${differsFromDefault(field, value)}) unsupported('${name}')`)
      } else if (field.rules.tag === undefined) this.#writeField(field, name, this.#orDefault(field, value, name), out)
      else tagged.push({ name, field, value, tag: field.rules.tag })
    }
    if (this.#isFlexible) this.#writeTagged(tagged, out)
  }

  #writeTagged(tagged: TaggedValue[], out: string[]): void {
    if (tagged.length === 0) {
      out.push('writer.uvarint(0)')
      return
    }
    const present = tagged
      .toSorted((one, other) => one.tag - other.tag)
      .map((value) => ({
        ...value,
        isPresent: this.#unique(`has${value.name[0]!.toUpperCase()}${value.name.slice(1)}`),
      }))
    for (const { field, value, isPresent } of present)
      out.push(`const ${isPresent} = ${differsFromDefault(field, value)}`)
    out.push(`writer.uvarint(${present.map(({ isPresent }) => `Number(${isPresent})`).join(' + ')})`)
    for (const { field, name, value, tag, isPresent } of present) {
      const body = [`writer.uvarint(${tag})`, 'const begun = writer.beginSized()']
      this.#writeField(field, name, value, body)
      out.push(`if (${isPresent}) {`, ...indented([...body, 'writer.endSized(begun)']), '}')
    }
  }

  #writeField(field: AnyField, name: string, value: string, out: string[]): void {
    const { type } = field
    const isNullable = field.isNullableIn(this.#version)
    if (type.kind !== 'array' && type.kind !== 'struct') {
      out.push(`writer.${methodOf(type.kind, isNullable, this.#isFlexible)}(${value})`)
      return
    }
    const held = this.#unique(name)
    out.push(`const ${held} = ${value}`)
    const body: string[] = []
    if (type.kind === 'array') {
      const item = this.#unique(name.endsWith('s') ? name.slice(0, -1) : `${name}Item`)
      if (type.item.type.kind === 'struct' && !type.item.isNullableIn(this.#version))
        this.#writeStruct(type.item.type.shape, item, body)
      else this.#writeField(type.item, name, item, body)
      out.push(
        `writer.${methodOf('arrayLength', false, this.#isFlexible)}(${isNullable ? `${held}?.length ?? -1` : `${held}.length`})`,
        `for (const ${item} of ${isNullable ? `${held} ?? []` : held}) {`,
        ...indented(body),
        '}',
      )
    } else if (isNullable) {
      this.#writeStruct(type.shape, held, body)
      out.push(`writer.int8(${held} === null ? -1 : 1)`, `if (${held} !== null) {`, ...indented(body), '}')
    } else this.#writeStruct(type.shape, held, out)
  }

  /** The value, or its default where it was left out; refused where it is null in a version that has no null for it. */
  #orDefault(field: AnyField, value: string, name: string): string {
    const literal = literalOf(field)
    const isNeverNull = field.rules.nullableSince === Infinity
    if (isNeverNull) return field.isOptional ? `${value} ?? ${literal}` : value
    const orLiteral = literal === 'null' ? value : `(${value} === undefined ? ${literal} : ${value})`
    return `${orLiteral} ?? ${field.isNullableIn(this.#version) ? 'null' : `unsupported('${name}')`}`
  }
}

interface TaggedValue {
  readonly name: string
  readonly field: AnyField
  /** The expression that reads it. */
  readonly value: string
  readonly tag: number
}

/** A condition: `value` is there and is not the field's default. */
function differsFromDefault(field: AnyField, value: string): string {
  const { fallback, type } = field
  if (fallback === null) return `${value} != null`
  if (type.kind === 'struct') {
    const inner = Object.entries(type.shape).map(([name, each]) => differsFromDefault(each, `${value}?.${name}`))
    return inner.join(' || ')
  }
  const differs =
    type.kind === 'array' || type.kind === 'bytes'
      ? `${value}?.length > 0`
      : `(${value} ?? ${literalOf(field)}) !== ${literalOf(field)}`
  return field.rules.nullableSince < Infinity ? `${value} === null || ${differs}` : differs
}

function literalOf(field: AnyField): string {
  const { fallback, type } = field
  if (fallback === null) return 'null'
  if (type.kind === 'struct') {
    return `{ ${Object.entries(type.shape)
      .map(([name, inner]) => `${name}: ${literalOf(inner)}`)
      .join(', ')} }`
  }
  if (type.kind === 'array') return '[]'
  if (type.kind === 'bytes') return 'new Uint8Array(0)'
  return typeof fallback === 'bigint' ? `${fallback}n` : JSON.stringify(fallback)
}

/** The fewest bytes that a value of this field can take: what an array's claimed length is held against. */
function leastBytes(field: AnyField, version: number, isFlexible: boolean): number {
  const { type } = field
  switch (type.kind) {
    case 'struct': {
      if (field.isNullableIn(version)) return 1
      const untagged = Object.values(type.shape).filter((inner) => inner.isIn(version) && inner.rules.tag === undefined)
      return untagged.reduce((sum, inner) => sum + leastBytes(inner, version, isFlexible), isFlexible ? 1 : 0)
    }
    case 'string':
      return isFlexible ? 1 : 2
    case 'array':
    case 'bytes':
    case 'records':
      return isFlexible ? 1 : 4
    default:
      return fixedBytes[type.kind]
  }
}

const fixedBytes = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  int53: 8,
  float64: 8,
  uuid: 16,
} as const

/** The name of the reader's and the writer's method: `string`, `nullableString`, `compactString`, `compactNullableString`. */
function methodOf(kind: string, isNullable: boolean, isFlexible: boolean): string {
  if (kind in fixedBytes) return kind
  const words = [isFlexible ? 'compact' : '', isNullable ? 'nullable' : '', kind].filter((word) => word !== '')
  return words.map((word, index) => (index === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('')
}

/** Gives each name once: the second `partitions` of a function becomes `partitions2`. */
function uniqueNames(...taken: string[]): (name: string) => string {
  const uses = new Map(taken.map((name) => [name, 1]))
  return (name) => {
    const use = (uses.get(name) ?? 0) + 1
    uses.set(name, use)
    return use === 1 ? name : `${name}${use}`
  }
}

const indented = (lines: string[]): string[] => lines.map((line) => `  ${line}`)
