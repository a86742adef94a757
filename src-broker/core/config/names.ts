/** `log.retention.ms` as a property: `logRetentionMs`. */
export type PropertyName<Name extends string> = Name extends `${infer First}.${infer Rest}`
  ? `${First}${Capitalize<PropertyName<Rest>>}`
  : Name

/** Asked for with every setting of every topic at a start, so each is made once. */
const properties = new Map<string, string>()

export function propertyName(name: string): string {
  const known = properties.get(name)
  if (known !== undefined) return known
  const property = name.replace(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase())
  properties.set(name, property)
  return property
}
