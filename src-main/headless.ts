// Entry of `node out/main/headless.js [options]`. The program is imported once its compiled code may come from Node's cache.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./headless-host.ts')
