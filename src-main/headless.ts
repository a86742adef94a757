// Entry of `node out/main/headless.js [options]`. Imports nothing by name that an older Node lacks: that one must come as far as its
// refusal. The program itself is imported once its compiled code may come from Node's cache.
import module from 'node:module'
import { usageExitCode } from './arguments.ts'
import { nodeRefusal } from './node-version.ts'

const refusal = nodeRefusal(process.versions.node)
if (refusal === null) {
  module.enableCompileCache()
  await import('./headless-host.ts')
} else {
  console.error(`pressroom: ${refusal}`)
  process.exitCode = usageExitCode
}
