const tickMs = 250

/** The host's time as the window follows it, for ages and the pulse. Stands still while nobody looks. */
export class Clock {
  now = $state(Date.now())
  #aheadMs = 0
  #timer: ReturnType<typeof setInterval> | undefined

  start(): void {
    this.#timer ??= setInterval(() => {
      if (!document.hidden) this.now = Date.now() + this.#aheadMs
    }, tickMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** A host reached over ssh may run on another clock; less than two seconds is the transport's doing. */
  follow(hostNowMs: number): void {
    const ahead = hostNowMs - Date.now()
    this.#aheadMs = Math.abs(ahead) < 2000 ? 0 : ahead
  }
}
