/** `log.retention.ms` as a property: `logRetentionMs`. */
export type PropertyName<Name extends string> = Name extends `${infer First}.${infer Rest}`
  ? `${First}${Capitalize<PropertyName<Rest>>}`
  : Name

export const propertyName = (name: string): string =>
  name.replace(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase())
