// One broker as the host sees it: its worker while there is one, and what became of it.
import { Worker } from 'node:worker_threads'
import type { BrokerLifecycle, BrokerReport, BrokerStatus, ClusterEvent, TopicReport } from './cluster-types.ts'
import { StartRefused } from './data-directory.ts'
import type { BrokerBeginning, Deed, FromWorker, ToWorker, WorkerBirth } from './worker-messages.ts'

// Built: broker-worker.js beside us. From source, Node strips the types itself.
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './broker-worker.ts' : './broker-worker.js',
  import.meta.url,
)

/** A thread that has not stopped by then is ended; recovery at its next start makes up for it. */
const stopTimeoutMs = 10_000

export interface ThreadListener {
  changed(): void
  event(event: ClusterEvent): void
  /** `isDisk`: the disk refused. */
  crashed(reason: string, isDisk: boolean): void
  log(line: string): void
}

export class BrokerThread {
  readonly brokerId: number
  readonly port: number
  readonly #listener: ThreadListener
  readonly #gate = new Int32Array(new SharedArrayBuffer(4))
  #worker: Worker | undefined
  #hasBegun = false
  #lifecycle: BrokerLifecycle = 'stopped'
  #reason: string | null = null
  #sinceMs = Date.now()
  #report: BrokerReport | null = null
  #topics: readonly TopicReport[] = []
  /** Why the worker would not start, where that is the world's doing. */
  #refusal: StartRefused | undefined
  readonly #asked = new Map<number, { resolve(): void; reject(reason: Error): void }>()
  #lastAskId = 0
  #waiting: { readonly kind: FromWorker['kind']; resolve(): void; reject(reason: Error): void }[] = []

  constructor(brokerId: number, port: number, listener: ThreadListener) {
    this.brokerId = brokerId
    this.port = port
    this.#listener = listener
  }

  get status(): BrokerStatus {
    const { brokerId, port } = this
    const report = this.#report
    return {
      brokerId,
      port,
      lifecycle: this.#lifecycle,
      reason: this.#reason,
      sinceMs: this.#sinceMs,
      report,
    }
  }

  get isAlive(): boolean {
    return this.#worker !== undefined
  }

  /** There is a broker in the thread, which can be linked with others. */
  get hasBegun(): boolean {
    return this.#hasBegun && this.isAlive
  }

  /** Starts the thread; resolves when the port is its own. No file has been touched by then. */
  start(): Promise<void> {
    Atomics.store(this.#gate, 0, 0)
    const workerData: WorkerBirth = { port: this.port, gate: this.#gate.buffer }
    const worker = new Worker(workerUrl, { workerData })
    this.#worker = worker
    this.#hasBegun = false
    this.#refusal = undefined
    this.#become('starting')
    let failure: Error | undefined
    worker.on('message', (message: FromWorker) => this.#received(message))
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
    })
    worker.on('exit', () => this.#ended(worker, failure))
    return this.#next('listening')
  }

  /** Lets the broker begin; resolves when it serves clients. Links to peers are for the caller to make at once. */
  begin(beginning: BrokerBeginning): Promise<void> {
    this.#hasBegun = true
    this.post({ kind: 'begin', beginning })
    return this.#next('serving')
  }

  post(message: ToWorker, transfer: readonly ToWorkerTransfer[] = []): void {
    this.#worker?.postMessage(message, transfer)
  }

  /** Ends the thread where it stands. The page cache keeps what it wrote, as it would after SIGKILL. */
  async kill(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const startedMs = performance.now()
    this.#become('killed')
    await worker.terminate()
    this.#happened('broker-killed', performance.now() - startedMs)
  }

  async pause(): Promise<void> {
    if (this.#lifecycle !== 'running') return
    Atomics.store(this.#gate, 0, 1)
    this.post({ kind: 'pause' })
    await this.#next('pausing')
    this.#become('paused')
    this.#happened('broker-paused', null)
  }

  resume(): void {
    if (this.#lifecycle !== 'paused') return
    this.#open()
    this.#become('running')
    this.#happened('broker-resumed', null)
  }

  /** Controlled shutdown: leaders move first unless the whole cluster stops, logs are closed. */
  async stop(movesLeaders: boolean): Promise<void> {
    if (this.#worker === undefined) return
    const startedMs = performance.now()
    const worker = this.#worker
    this.#open()
    this.#become('stopping')
    this.post({ kind: 'stop', movesLeaders })
    const hangs = setTimeout(() => worker.terminate(), stopTimeoutMs)
    await new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    clearTimeout(hangs)
    this.#happened('broker-stopped', performance.now() - startedMs)
  }

  /** Rejects with one line where the broker refuses, or ends before it answers. */
  ask(deed: Deed): Promise<void> {
    const id = ++this.#lastAskId
    this.post({ kind: 'ask', id, deed })
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }))
  }

  #answered(id: number, refusal: string | null): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (refusal === null) asked?.resolve()
    else asked?.reject(new Error(refusal))
  }

  #open(): void {
    Atomics.store(this.#gate, 0, 0)
    Atomics.notify(this.#gate, 0)
  }

  #received(message: FromWorker): void {
    switch (message.kind) {
      case 'serving':
        if (this.#lifecycle === 'starting') this.#become('running')
        break
      case 'report':
        this.#topics = message.topics ?? this.#topics
        this.#report = { ...message.report, topics: this.#topics }
        this.#listener.changed()
        break
      case 'event':
        this.#listener.event(message.event)
        break
      case 'log':
        this.#listener.log(`broker ${this.brokerId}: ${message.line}`)
        break
      case 'answered':
        this.#answered(message.id, message.refusal)
        break
      case 'refused':
        this.#refusal = new StartRefused(`broker ${this.brokerId}: ${message.reason}`)
        break
      case 'port-in-use':
        this.#refusal = new StartRefused(`port ${message.port} is in use; free it or choose another with --port`)
        break
    }
    this.#settle(message.kind)
  }

  #ended(worker: Worker, failure: Error | undefined): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    if (this.#lifecycle === 'stopping') this.#become('stopped')
    else if (this.#refusal !== undefined) this.#become('stopped', this.#refusal.message)
    else if (this.#lifecycle !== 'killed') {
      const reason = failure?.message ?? 'the thread ended by itself'
      // A disk that refuses is no bug: where in our code it did so says nothing.
      const isDisk = failure?.name === 'DiskError'
      this.#listener.log(`broker ${this.brokerId} crashed: ${isDisk ? reason : (failure?.stack ?? reason)}`)
      this.#become('crashed', reason)
      this.#listener.crashed(reason, isDisk)
    }
    this.#fail(this.#refusal ?? new Error(`broker ${this.brokerId} ended: ${this.#reason ?? this.#lifecycle}`))
  }

  #become(lifecycle: BrokerLifecycle, reason: string | null = null): void {
    this.#lifecycle = lifecycle
    this.#reason = reason
    this.#sinceMs = Date.now()
    this.#listener.changed()
  }

  #happened(
    kind: 'broker-killed' | 'broker-paused' | 'broker-resumed' | 'broker-stopped',
    tookMs: number | null,
  ): void {
    this.#listener.event({ kind, brokerId: this.brokerId, atMs: Date.now(), tookMs })
  }

  #next(kind: FromWorker['kind']): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ kind, resolve, reject }))
  }

  #settle(kind: FromWorker['kind']): void {
    for (const waiter of this.#waiting) if (waiter.kind === kind) waiter.resolve()
    this.#waiting = this.#waiting.filter((waiter) => waiter.kind !== kind)
  }

  #fail(reason: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const waiter of [...waiting, ...this.#asked.values()]) waiter.reject(reason)
    this.#asked.clear()
  }
}

type ToWorkerTransfer = import('node:worker_threads').MessagePort
