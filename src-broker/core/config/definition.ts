// One setting, described once: Kafka's name, type and default, what a laptop wants instead, what may be said, and a sentence
// for whoever asks. Values travel as text, as Kafka stores them; `parse` gives the code what it works with.

/** Numbers as DescribeConfigs has them. */
export const configTypes = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const
export type ConfigType = keyof typeof configTypes

interface Rules {
  readonly min: number
  readonly max: number
  /** Allowed although it lies outside. */
  readonly exception: number | undefined
  readonly allowed: readonly string[] | undefined
  /** In force without a restart: a dynamic broker setting. Topic settings always are. */
  readonly isDynamic: boolean
  /** Differs here from Kafka's default. */
  readonly here: { readonly value: string; readonly why: string } | undefined
}

const anything: Rules = {
  min: -Infinity,
  max: Infinity,
  exception: undefined,
  allowed: undefined,
  isDynamic: false,
  here: undefined,
}

export class Definition<Value = unknown> {
  declare readonly value: Value
  readonly type: ConfigType
  readonly kafkaDefault: string | null
  readonly doc: string
  readonly rules: Rules

  constructor(type: ConfigType, kafkaDefault: string | null, doc: string, rules: Rules = anything) {
    this.type = type
    this.kafkaDefault = kafkaDefault
    this.doc = doc
    this.rules = rules
  }

  min(min: number): Definition<Value> {
    return this.#with({ min })
  }

  between(min: number, max: number): Definition<Value> {
    return this.#with({ min, max })
  }

  orElse(exception: number): Definition<Value> {
    return this.#with({ exception })
  }

  oneOf(...allowed: readonly string[]): Definition<Value> {
    return this.#with({ allowed })
  }

  dynamic(): Definition<Value> {
    return this.#with({ isDynamic: true })
  }

  /** What this cluster takes instead of Kafka's default, and why. */
  here(value: string, why: string): Definition<Value> {
    return this.#with({ here: { value, why } })
  }

  /** What holds where nobody said anything. */
  get default(): string | null {
    return this.rules.here?.value ?? this.kafkaDefault
  }

  get isSensitive(): boolean {
    return this.type === 'password'
  }

  /** Why `text` cannot be the value, as Kafka puts it; undefined where it can. */
  problem(name: string, text: string): string | undefined {
    const invalid = (why: string, shown = text) => `Invalid value ${shown} for configuration ${name}: ${why}`
    switch (this.type) {
      case 'boolean':
        return /^\s*(true|false)\s*$/i.test(text) ? undefined : invalid('Expected value to be either true or false')
      case 'int':
      case 'short':
      case 'long':
        return isInteger(text, this.type)
          ? this.#rangeProblem(Number(text), (why) => invalid(why, String(BigInt(unsigned(text)))))
          : invalid(`Not a number of type ${this.type.toUpperCase()}`)
      case 'double':
        return javaDouble.test(text)
          ? this.#rangeProblem(doubleOf(text), (why) => invalid(why, asDouble(doubleOf(text))))
          : invalid('Not a number of type DOUBLE')
      case 'list':
        return this.rules.allowed !== undefined && listOf(text).includes('')
          ? `Configuration '${name}' values must not be empty.`
          : this.#unknownItem(listOf(text), invalid)
      default:
        return this.#unknownItem([text.trim()], invalid)
    }
  }

  parse(text: string | null): Value {
    return this.#parsed(text) as Value
  }

  #parsed(text: string | null): unknown {
    if (text === null) return null
    switch (this.type) {
      case 'boolean':
        return text.trim().toLowerCase() === 'true'
      case 'int':
      case 'short':
      case 'long':
        return Number(text)
      case 'double':
        return doubleOf(text)
      case 'list':
        return listOf(text)
      default:
        return text.trim()
    }
  }

  #rangeProblem(value: number, invalid: (why: string) => string): string | undefined {
    const { min, max, exception } = this.rules
    if (value === exception || Number.isNaN(value) || (value >= min && value <= max)) return undefined
    if (exception !== undefined) return invalid(`Value must be between ${min} and ${max} or equal to ${exception}`)
    return invalid(value < min ? `Value must be at least ${min}` : `Value must be no more than ${max}`)
  }

  #unknownItem(items: readonly string[], invalid: (why: string, shown?: string) => string): string | undefined {
    const { allowed } = this.rules
    const unknown = allowed === undefined ? undefined : items.find((item) => !allowed.includes(item))
    return unknown === undefined ? undefined : invalid(`String must be one of: ${allowed!.join(', ')}`, unknown)
  }

  #with(rules: Partial<Rules>): Definition<Value> {
    return new Definition(this.type, this.kafkaDefault, this.doc, { ...this.rules, ...rules })
  }
}

export const boolean = (value: boolean, doc: string) => new Definition<boolean>('boolean', String(value), doc)
export const int = (value: number, doc: string) => new Definition<number>('int', String(value), doc)
export const short = (value: number, doc: string) => new Definition<number>('short', String(value), doc)
export const long = (value: number | typeof longMax, doc: string) => new Definition<number>('long', String(value), doc)
export const optionalInt = (doc: string) => new Definition<number | null>('int', null, doc)
export const optionalLong = (doc: string) => new Definition<number | null>('long', null, doc)
export const double = (value: number, doc: string) => new Definition<number>('double', String(value), doc)
export const string = (value: string, doc: string) => new Definition<string>('string', value, doc)
export const optionalString = (doc: string) => new Definition<string | null>('string', null, doc)
export const list = (value: string, doc: string) => new Definition<readonly string[]>('list', value, doc)

/** The largest long, which Kafka takes for "no limit". As text: no number here is exactly it. */
export const longMax = '9223372036854775807'

export const listOf = (text: string): string[] => (text.trim() === '' ? [] : text.split(',').map((item) => item.trim()))

/** What Java reads as a double: with its suffixes, and without our 0x. */
const javaDouble = /^\s*[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?)\s*$/

const doubleOf = (text: string): number => Number(text.trim().replace(/[dDfF]$/, ''))

/** As Java prints it: 9.22E18, 0.5, 5.0. */
function asDouble(value: number): string {
  const isScientific = Math.abs(value) >= 1e7 || (value !== 0 && Math.abs(value) < 1e-3)
  const [digits, exponent] = isScientific ? value.toExponential().split('e') : [String(value)]
  const mantissa = digits!.includes('.') || !Number.isFinite(value) ? digits! : `${digits}.0`
  return exponent === undefined ? mantissa : `${mantissa}E${Number(exponent)}`
}

const limits = { int: 31n, short: 15n, long: 63n } as const

function isInteger(text: string, type: keyof typeof limits): boolean {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) return false
  const value = BigInt(unsigned(text))
  return value === BigInt.asIntN(Number(limits[type]) + 1, value)
}

const unsigned = (text: string): string => text.trim().replace('+', '')
