// Entry of a broker's thread. Its program is imported once its compiled code may come from Node's cache, which every thread asks for itself.
import module from 'node:module'

module.enableCompileCache()
await import('./worker-program.ts')
