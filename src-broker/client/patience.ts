// How long to wait for a broker that may be paused.
import type { Connection } from './connection.ts'
import { NoAnswer } from './failures.ts'

/** After which a second broker is asked as well. On a healthy connection answers take a millisecond. */
const hedgeMs = 300

/** Fails once the broker has been silent for so long. A large answer may take its time, as long as something comes. */
export function unlessSilent<T>(answer: Promise<T>, connection: Connection, silenceMs: number): Promise<T> {
  if (silenceMs === Infinity) return answer
  return new Promise((resolve, reject) => {
    const look = () => {
      const leftMs = silenceMs - connection.silentMs
      if (leftMs > 0) timer = setTimeout(look, leftMs)
      else reject(new NoAnswer('REQUEST_TIMED_OUT', `${connection.label} is silent.`, { wasSent: true }))
    }
    let timer: NodeJS.Timeout | undefined
    look() // It may have been silent for long already, with an earlier question.
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Starts one attempt after the other, the next as soon as one fails or is slow, and returns the first success. */
export function firstAnswer<T>(attempts: readonly (() => Promise<T>)[]): Promise<T> {
  return new Promise((resolve, reject) => {
    let next = 0
    let running = 0
    let failure: unknown
    let timer: NodeJS.Timeout | undefined
    const settle = (result: T) => {
      clearTimeout(timer)
      next = attempts.length
      resolve(result)
    }
    const startNext = () => {
      clearTimeout(timer)
      if (next < attempts.length) {
        running++
        timer = setTimeout(startNext, hedgeMs)
        attempts[next++]!().then(settle, (error) => {
          running--
          failure = error
          startNext()
        })
      } else if (running === 0) reject(failure)
    }
    startNext()
  })
}
