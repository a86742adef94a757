// A thread that simulates one seed after the other. The bug, if any, has to be there before the first module of the product.
import { enableCompileCache, flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { bugs } from './bugs/index.ts'
import type { FromThread, ToThread } from './jobs.ts'
import { buildIn } from './mutate.ts'

// The next thread loads in a quarter of the time.
enableCompileCache()
const { bug, isVerbose, ...options } = workerData as ToThread
if (bug !== undefined) {
  const found = bugs.find(({ name }) => name === bug)
  if (found === undefined) throw new Error(`no bug is named ${bug}`)
  buildIn(found)
}
const { simulate } = await import('./simulation.ts')
flushCompileCache()
const port = parentPort!
const post = (message: FromThread): void => port.postMessage(message)

port.on('message', (seed: number) => {
  const log = isVerbose ? (line: string) => post({ kind: 'line', line }) : undefined
  post({ kind: 'result', result: simulate(seed, options, log) })
})
