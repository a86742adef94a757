// One TCP connection to one broker. Requests are written at once and answered in the order they were sent, so that the answers
// form a queue; whatever does not fit that queue ends the connection, since everything behind it would be misread.
//
// The broker is not trusted: an answer is as long as its request allows and no longer, every length in it is checked by the
// codec, and a broker that goes silent costs one timer.
import { connect, type Socket } from 'node:net'
import type { Api } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import { readResponseHeader, writeRequest } from '../protocol/frames.ts'
import { fetch } from '../protocol/messages/01-fetch.ts'
import { apiVersions } from '../protocol/messages/18-api-versions.ts'
import { MalformedFrame, viewOf, WireReader } from '../protocol/reader.ts'
import type { Decoded, Encodable, Shape } from '../protocol/schema.ts'
import { WireWriter } from '../protocol/writer.ts'
import { KafkaFailure, NoAnswer } from './failures.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ConnectionOptions {
  readonly clientId: string
  /** From the first packet to the negotiated versions. */
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
}

export interface CallOptions {
  readonly timeoutMs?: number
  /** The newest version to use, for calls that are written for an older one. */
  readonly versionMax?: number
}

/** Kafka's own limit for one request; a fetched batch may be that large, whatever was asked for. */
const fetchBytesMax = 104_857_600
/** 39,000 partitions of metadata take 3 MB. Small structs grow twentyfold when decoded, so this bounds the memory of an answer too. */
const answerBytesMax = 16_777_216

const lengthBytes = 4
const softwareName = 'pressroom'
const softwareVersion = '0.1.0'

interface Waiting {
  readonly correlationId: number
  readonly api: Api
  readonly version: number
  readonly sentAtMs: number
  readonly timer: NodeJS.Timeout
  readonly decode: (reader: WireReader) => unknown
  readonly resolve: (body: never) => void
  readonly reject: (error: Error) => void
}

export class Connection {
  readonly address: Address
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #writer = new WireWriter(4096, Buffer.allocUnsafeSlow)
  readonly #reader = new WireReader()
  readonly #waiting: Waiting[] = []
  #versions: ReadonlyMap<number, readonly [min: number, max: number]> = new Map()
  #lastCorrelationId = 0
  /** The answer that is coming in, when it came in several pieces, and how much of it is there. */
  #frame: Buffer | null = null
  #frameLength = 0
  #rest = noBytes
  #heardAtMs = 0
  #failure: NoAnswer | null = null

  private constructor(address: Address, socket: Socket, options: ConnectionOptions) {
    this.address = address
    this.#options = options
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#receive(chunk as Buffer))
    socket.on('error', (cause) => this.#end(`${this.label} broke the connection`, cause))
    socket.on('close', () => this.#end(`${this.label} closed the connection`))
  }

  /** Connects and agrees on versions. Throws NoAnswer, or KafkaFailure where the other end is no broker we can talk to. */
  static async open(address: Address, options: ConnectionOptions): Promise<Connection> {
    const socket = await openSocket(address, options.connectTimeoutMs)
    const connection = new Connection(address, socket, options)
    try {
      await connection.#negotiate()
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** `host:port`, for sentences. */
  get label(): string {
    return `${this.address.host}:${this.address.port}`
  }

  get isOpen(): boolean {
    return this.#failure === null
  }

  /** Requests that are out. */
  get inFlight(): number {
    return this.#waiting.length
  }

  /** For how long nothing has come although something is asked for. Milliseconds. */
  get silentMs(): number {
    const first = this.#waiting[0]
    return first === undefined ? 0 : performance.now() - Math.max(first.sentAtMs, this.#heardAtMs)
  }

  supports(api: Api, version = api.minVersion): boolean {
    const [min, max] = this.#versions.get(api.key) ?? [0, -1]
    return version <= max && Math.max(min, api.minVersion) <= Math.min(max, api.maxVersion)
  }

  /** Sends a request in the newest version that both ends know and returns the decoded answer, error codes and all. */
  call<Request extends Shape, Response extends Shape>(
    api: Api<Request, Response>,
    body: Encodable<Request>,
    options: CallOptions = {},
  ): Promise<Decoded<Response>> {
    const version = this.#versionOf(api, options.versionMax)
    const decode = (reader: WireReader) => api.responseCodec(version).decode(reader)
    return this.#send(api, version, body, options.timeoutMs ?? this.#options.requestTimeoutMs, decode)
  }

  close(): void {
    this.#end(`the connection to ${this.label} was closed`)
  }

  async #negotiate(): Promise<void> {
    let version = apiVersions.maxVersion
    for (;;) {
      const answer = await this.#askVersions(version)
      this.#versions = new Map(answer.apiKeys.map((api) => [api.apiKey, [api.minVersion, api.maxVersion]]))
      if (answer.errorCode === errors.NONE) return
      if (answer.errorCode !== errors.UNSUPPORTED_VERSION) throw new KafkaFailure(answer.errorCode, this.label)
      const [, newest] = this.#versions.get(apiVersions.key) ?? [0, 0]
      if (version === 0) throw new KafkaFailure(answer.errorCode, this.label)
      version = Math.max(0, Math.min(version - 1, newest))
    }
  }

  #askVersions(version: number): Promise<Decoded<(typeof apiVersions)['response']>> {
    // A broker that does not know the version answers in version 0 (KIP-511): the error code, which comes first, tells.
    const decode = (reader: WireReader) => {
      const start = reader.at
      const isRefusal = reader.int16() === errors.UNSUPPORTED_VERSION
      reader.at = start
      return apiVersions.responseCodec(isRefusal ? 0 : version).decode(reader)
    }
    const body = { clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion }
    return this.#send(apiVersions, version, body, this.#options.connectTimeoutMs, decode)
  }

  #versionOf(api: Api, versionMax = Infinity): number {
    const [min, max] = this.#versions.get(api.key) ?? [0, -1]
    const version = Math.min(max, api.maxVersion, versionMax)
    if (version < min || version < api.minVersion) {
      throw new KafkaFailure(errors.UNSUPPORTED_VERSION, `${api.name} on ${this.label}`)
    }
    return version
  }

  #send<Request extends Shape, Response extends Shape>(
    api: Api<Request, Response>,
    version: number,
    body: Encodable<Request>,
    timeoutMs: number,
    decode: (reader: WireReader) => Decoded<Response>,
  ): Promise<Decoded<Response>> {
    if (this.#failure !== null) {
      return Promise.reject(new NoAnswer('NETWORK_EXCEPTION', this.#failure.message, { wasSent: false }))
    }
    const correlationId = (this.#lastCorrelationId = (this.#lastCorrelationId + 1) & 0x7fff_ffff)
    writeRequest(this.#writer, api, version, { correlationId, clientId: this.#options.clientId }, body)
    this.#socket.write(this.#writer.take())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#timeOut(api, timeoutMs), timeoutMs)
      this.#waiting.push({ correlationId, api, version, sentAtMs: performance.now(), timer, decode, resolve, reject })
    })
  }

  #receive(chunk: Buffer): void {
    this.#heardAtMs = performance.now()
    let bytes = chunk
    if (this.#rest.length > 0) {
      bytes = Buffer.concat([this.#rest, chunk])
      this.#rest = noBytes
    }
    let at = 0
    while (at < bytes.length && this.#failure === null) {
      if (this.#frame !== null) {
        at = this.#fill(this.#frame, bytes, at)
        continue
      }
      if (bytes.length - at < lengthBytes) {
        this.#rest = Buffer.from(bytes.subarray(at))
        return
      }
      const size = bytes.readInt32BE(at)
      at += lengthBytes
      if (!this.#isPlausible(size)) return
      if (bytes.length - at >= size) {
        this.#answer(bytes, at, at + size)
        at += size
      } else {
        this.#frame = Buffer.allocUnsafeSlow(size)
        this.#frameLength = 0
      }
    }
  }

  #fill(frame: Buffer, bytes: Buffer, at: number): number {
    const taken = Math.min(frame.length - this.#frameLength, bytes.length - at)
    bytes.copy(frame, this.#frameLength, at, at + taken)
    this.#frameLength += taken
    if (this.#frameLength === frame.length) {
      this.#frame = null
      this.#answer(frame, 0, frame.length)
    }
    return at + taken
  }

  #isPlausible(size: number): boolean {
    const first = this.#waiting[0]
    const sizeMax = first?.api.key === fetch.key ? fetchBytesMax : answerBytesMax
    if (first !== undefined && size >= lengthBytes && size <= sizeMax) return true
    this.#end(`${this.label} sent what is no Kafka answer`)
    return false
  }

  #answer(bytes: Buffer, from: number, to: number): void {
    const first = this.#waiting[0]!
    try {
      const reader = this.#reader.over(bytes, viewOf(bytes), from, to)
      const correlationId = readResponseHeader(reader, first.api, first.version)
      if (correlationId !== first.correlationId) throw new MalformedFrame('answers out of order')
      const body = first.decode(reader)
      this.#waiting.shift()
      clearTimeout(first.timer)
      first.resolve(body as never)
    } catch (cause) {
      this.#end(`${this.label} sent an answer that cannot be read`, cause)
    }
  }

  #timeOut(api: Api, timeoutMs: number): void {
    this.#end(`${this.label} did not answer ${api.name} within ${timeoutMs} ms`, undefined, 'REQUEST_TIMED_OUT')
  }

  #end(reason: string, cause?: unknown, code: NoAnswer['code'] = 'NETWORK_EXCEPTION'): void {
    if (this.#failure !== null) return
    this.#failure = new NoAnswer(code, `${reason}.`, { wasSent: true, cause })
    this.#socket.destroy()
    this.#frame = null
    for (const { timer, reject } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      reject(this.#failure)
    }
  }
}

const noBytes: Buffer = Buffer.alloc(0)

function openSocket(address: Address, timeoutMs: number): Promise<Socket> {
  const label = `${address.host}:${address.port}`
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, noDelay: true, autoSelectFamily: true })
    const fail = (message: string, code: NoAnswer['code'], cause?: unknown) => {
      clearTimeout(timer)
      socket.destroy()
      reject(new NoAnswer(code, message, { wasSent: false, cause }))
    }
    const timer = setTimeout(
      () => fail(`${label} did not answer within ${timeoutMs} ms.`, 'REQUEST_TIMED_OUT'),
      timeoutMs,
    )
    socket.once('error', (cause) => fail(`${label} cannot be reached.`, 'NETWORK_EXCEPTION', cause))
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}
