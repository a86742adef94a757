// Who of the brokers has been heard of lately, as the active controller knows it. In memory: a new controller starts anew.

interface Session {
  expiresAtMs: number
  /** Has sent a heartbeat or registered with this very controller. */
  isHeard: boolean
}

export class BrokerSessions {
  readonly #sessions = new Map<number, Session>()

  /** A heartbeat or a registration. */
  touch(broker: number, expiresAtMs: number): void {
    this.#sessions.set(broker, { expiresAtMs, isHeard: true })
  }

  /** Time to be heard of, for a broker that an earlier controller knew. */
  expect(broker: number, expiresAtMs: number): void {
    this.#sessions.set(broker, { expiresAtMs, isHeard: false })
  }

  end(broker: number): void {
    this.#sessions.delete(broker)
  }

  clear(): void {
    this.#sessions.clear()
  }

  /** Everybody gets until then: the clock has jumped, and silence measured across the jump means nothing. */
  extendTo(expiresAtMs: number): void {
    for (const session of this.#sessions.values()) session.expiresAtMs = Math.max(session.expiresAtMs, expiresAtMs)
  }

  isHeard(broker: number, nowMs: number): boolean {
    const session = this.#sessions.get(broker)
    return session?.isHeard === true && session.expiresAtMs > nowMs
  }

  isAlive(broker: number, nowMs: number): boolean {
    return (this.#sessions.get(broker)?.expiresAtMs ?? -Infinity) > nowMs
  }

  /** When the next one runs out, of those that have not yet. */
  nextExpiryMs(nowMs: number): number {
    const left = [...this.#sessions.values()].filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    return Math.min(Infinity, ...left.map(({ expiresAtMs }) => expiresAtMs))
  }
}
