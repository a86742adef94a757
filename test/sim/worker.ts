// A thread that simulates one seed after the other. The bug, if any, has to be there before the first module of the product.
import { parentPort, workerData } from 'node:worker_threads'
import { bugs } from './bugs/index.ts'
import type { FromThread, ToThread } from './jobs.ts'
import { buildIn } from './mutate.ts'

const { bug, isVerbose, ...options } = workerData as ToThread
if (bug !== undefined) {
  const found = bugs.find(({ name }) => name === bug)
  if (found === undefined) throw new Error(`no bug is named ${bug}`)
  buildIn(found)
}
const { simulate } = await import('./simulation.ts')
const port = parentPort!
const post = (message: FromThread): void => port.postMessage(message)

port.on('message', (seed: number) => {
  const log = isVerbose ? (line: string) => post({ kind: 'line', line }) : undefined
  post({ kind: 'result', result: simulate(seed, options, log) })
})
