// Which Node the built host needs. Imported before anything else of it, so that an older Node gets as far as saying so.

/** `npm start` brings its own Node; who starts the built host by hand may have an older one. Null where `version` is new enough. */
export function nodeRefusal(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 15)) return null
  return `Node 24.15 or newer is needed, this is ${version}; node_modules/.bin/node is one`
}
