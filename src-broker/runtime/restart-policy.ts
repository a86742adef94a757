// A broker that crashed is started again, each time a little later, and no more where it does not get up at all. One whose disk refused
// is tried for as long as it takes: room comes back, and nobody is there at night to start it.

const firstDelayMs = 500
const delayMaxMs = 30_000
const attemptsMax = 8
/** After so long without a crash the next one counts as the first. */
const steadyMs = 300_000

export class RestartPolicy {
  readonly #crashes = new Map<number, { count: number; atMs: number }>()

  /** How long to wait before the broker is started again; null to leave it as it is. `isDisk`: the disk refused (ENOSPC, EIO, …). */
  crashed(brokerId: number, nowMs: number, isDisk = false): number | null {
    const before = this.#crashes.get(brokerId)
    const count = before === undefined || nowMs - before.atMs > steadyMs ? 1 : before.count + 1
    this.#crashes.set(brokerId, { count, atMs: nowMs })
    return count > attemptsMax && !isDisk ? null : Math.min(firstDelayMs * 2 ** (count - 1), delayMaxMs)
  }

  /** Somebody started it by hand, or it is gone for good. */
  forget(brokerId: number): void {
    this.#crashes.delete(brokerId)
  }
}
