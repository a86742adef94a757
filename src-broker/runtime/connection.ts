// One client connection: frames in, answers out in the order of the requests, one write a turn.
//
// Nothing is copied on the way in: whole frames are handled where the read put them, in the shared scratch buffer, and a frame
// that does not fit goes on in a buffer of its own that the kernel fills. Whoever keeps bytes beyond the call copies them
// (the codec does so for everything but records, which are in the log by then).
import type { Socket } from 'node:net'
import { advertisedRanges } from '../api/18-api-versions.ts'
import type { Context } from '../api/handler.ts'
import { routes } from '../api/index.ts'
import { AssertionFailed } from '../base/assert.ts'
import type { Api } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import { readRequestHeader, writeResponse } from '../protocol/frames.ts'
import { fetch } from '../protocol/messages/01-fetch.ts'
import { apiVersions } from '../protocol/messages/18-api-versions.ts'
import { MalformedFrame, WireReader } from '../protocol/reader.ts'
import { WireWriter } from '../protocol/writer.ts'
import { FrameAssembly, frameBytesMax } from './frame-assembly.ts'
import type { Client, Gateway } from './gateway.ts'

const lengthBytes = 4
const outBytes = 4096
/** Requests of one connection that may wait for their answers; Kafka itself takes one at a time. */
const pendingMax = 10_000
/** Bytes that the kernel would not take before we stop reading requests. */
const unsentBytesMax = 16 << 20
/** Answers with at least this many record bytes go out in a write of their own. */
const largeAnswerBytes = 8 << 10
const answerOverheadBytes = 64 << 10

export class Connection implements Client {
  readonly #socket: Socket
  readonly #gateway: Gateway
  readonly clientHost: string
  readonly #reader = new WireReader()
  readonly #pending: Pending[] = []
  #assembly: FrameAssembly | undefined
  #prefix: Buffer | undefined
  #writer: WireWriter | undefined
  #outBuffer: Buffer | undefined
  #isFlushQueued = false
  #isReadingPaused = false
  /** Of answers that are ready and wait for an earlier one. */
  #asideBytes = 0
  lastActiveMs: number

  constructor(socket: Socket, gateway: Gateway) {
    this.#socket = socket
    this.#gateway = gateway
    this.clientHost = `/${socket.remoteAddress ?? ''}`
    this.lastActiveMs = gateway.broker.env.monotonicMs()
    gateway.connections.add(this)
    socket.on('error', () => {}) // A reset is no news: 'close' follows.
    socket.on('end', () => this.destroy())
    socket.on('drain', () => this.#resumeReading())
    socket.on('close', () => {
      gateway.connections.delete(this)
      for (const pending of this.#pending) pending.whenGone?.()
      this.#pending.length = 0
    })
  }

  destroy(): void {
    this.#socket.destroy()
  }

  get isIdle(): boolean {
    return this.#pending.length === 0 && this.#assembly === undefined
  }

  // --- in ---

  /** Where the next read shall go. */
  receiveBuffer(): Buffer {
    return this.#assembly?.rest() ?? this.#gateway.scratch
  }

  /** `length` bytes are where `receiveBuffer` said. False stops reading until there is room for answers again. */
  received(length: number): boolean {
    this.lastActiveMs = this.#gateway.broker.env.monotonicMs()
    try {
      if (this.#assembly === undefined) this.#receivedScratch(length)
      else this.#receivedRest(this.#assembly, length)
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error
      this.#refuse(error.message)
    }
    if (!this.#isCongested()) return true
    this.#isReadingPaused = true
    return false
  }

  /** For sockets that cannot read into a buffer of ours: hands the bytes over as if they had. */
  receivedCopy(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.#socket.destroyed; ) {
      const into = this.receiveBuffer()
      const taken = bytes.copy(into, 0, at)
      at += taken
      if (!this.received(taken)) this.#socket.pause()
    }
  }

  #receivedScratch(length: number): void {
    const { scratch, scratchView } = this.#gateway
    let at = 0
    if (this.#prefix !== undefined) at = this.#completePrefix(length)
    while (length - at >= lengthBytes && !this.#socket.destroyed) {
      const size = scratchView.getInt32(at)
      this.#checkSize(size)
      const end = at + lengthBytes + size
      if (end > length) return this.#beginAssembly(scratch, at, length, lengthBytes + size)
      this.#frame(scratch, scratchView, at + lengthBytes, end)
      at = end
    }
    if (at < length && !this.#socket.destroyed) this.#prefix = Buffer.from(scratch.subarray(at, length))
  }

  /** The length prefix itself came in pieces. Rare: puts both pieces at the front of the scratch buffer. */
  #completePrefix(length: number): number {
    const { scratch } = this.#gateway
    const before = this.#prefix!
    this.#prefix = undefined
    const bytes = Buffer.concat([before, scratch.subarray(0, length)])
    if (bytes.length < lengthBytes) {
      this.#prefix = bytes
      return length
    }
    const size = bytes.readInt32BE(0)
    this.#checkSize(size)
    const whole = lengthBytes + size
    if (bytes.length < whole) {
      this.#beginAssembly(bytes, 0, bytes.length, whole)
      return length
    }
    this.#frame(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), lengthBytes, whole)
    return whole - before.length
  }

  #beginAssembly(bytes: Buffer, from: number, to: number, frameBytes: number): void {
    const assembly = new FrameAssembly(frameBytes)
    let at = from
    while (at < to) {
      const copied = bytes.copy(assembly.rest(), 0, at, to)
      assembly.filled += copied
      at += copied
    }
    this.#assembly = assembly
  }

  #receivedRest(assembly: FrameAssembly, length: number): void {
    assembly.filled += length
    if (!assembly.isComplete) return
    this.#assembly = undefined
    const { bytes } = assembly
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#frame(bytes, view, lengthBytes, assembly.frameBytes)
    assembly.release()
  }

  #checkSize(size: number): void {
    if (size >= 0 && size <= frameBytesMax) return
    throw new MalformedFrame(`a frame of ${size} bytes${foreignProtocol(size)}`)
  }

  #frame(bytes: Buffer, view: DataView, from: number, to: number): void {
    const reader = this.#reader.over(bytes, view, from, to)
    const { apiKey, apiVersion, correlationId, clientId } = readRequestHeader(reader)
    const route = routes.get(apiKey)
    if (route === undefined) throw new MalformedFrame(`API key ${apiKey} is not served here`)
    if (!route.api.supports(apiVersion)) return this.#unsupportedVersion(apiKey, apiVersion, correlationId)
    const request = route.api.requestCodec(apiVersion).decode(reader)
    const pending = new Pending(this, route.api, apiVersion, correlationId, clientId)
    this.#pending.push(pending)
    const response = route.handle(this.#gateway.broker, request, pending)
    if (response !== undefined) pending.answer(response)
    this.#gateway.scheduleTurnEnd()
  }

  /** ApiVersions alone has an answer for a version nobody knows: version 0, error 35, and what would be understood (KIP-511). */
  #unsupportedVersion(apiKey: number, apiVersion: number, correlationId: number): void {
    if (apiKey !== apiVersions.key) throw new MalformedFrame(`API key ${apiKey} has no version ${apiVersion} here`)
    const pending = new Pending(this, apiVersions as unknown as Api, 0, correlationId, null)
    this.#pending.push(pending)
    const apiKeys = advertisedRanges([apiVersions])
    pending.answer({ errorCode: errors.UNSUPPORTED_VERSION, apiKeys })
  }

  #refuse(reason: string): void {
    this.#gateway.log(`closed the connection of ${this.clientHost}: ${reason}`)
    this.destroy()
  }

  closeFor(reason: string): void {
    this.#refuse(reason)
  }

  #isCongested(): boolean {
    return this.#pending.length > pendingMax || this.#socket.writableLength + this.#asideBytes > unsentBytesMax
  }

  #resumeReading(): void {
    if (!this.#isReadingPaused || this.#isCongested()) return
    this.#isReadingPaused = false
    this.#socket.resume()
  }

  // --- out ---

  /** An answer is there: it leaves if everything asked before has been answered, else it is kept, encoded. */
  answered(pending: Pending): void {
    if (this.#socket.destroyed) return
    if (this.#pending[0] !== pending) {
      this.#unlessUnsendable(() => pending.encodeAside()) // Records are slices of files, and those are good for this turn only.
      this.#asideBytes += pending.encoded?.length ?? 0
      return
    }
    let sent = 0
    for (; this.#pending[sent]?.isAnswered === true && !this.#socket.destroyed; sent++) this.#send(this.#pending[sent]!)
    if (sent === 1) this.#pending.shift()
    else this.#pending.splice(0, sent)
    this.#resumeReading()
  }

  /** An answer that cannot be written (too long for its version, a disk that fails) costs its connection, nobody else's. */
  #unlessUnsendable(encode: () => void): void {
    try {
      encode()
    } catch (error) {
      if (error instanceof AssertionFailed || !(error instanceof Error)) throw error
      this.#refuse(`the answer cannot be sent: ${error.message}`)
    }
  }

  #send(pending: Pending): void {
    this.#unlessUnsendable(() => this.#sendAnswer(pending))
  }

  #sendAnswer(pending: Pending): void {
    if (pending.isQuiet) return
    if (pending.encoded !== undefined) {
      this.#asideBytes -= pending.encoded.length
      return this.#sendBytes(pending.encoded)
    }
    const records = pending.recordBytes()
    if (records >= largeAnswerBytes) return this.#sendLarge(pending, records)
    pending.encode(this.#out())
    this.#queueFlush()
  }

  #sendBytes(bytes: Uint8Array): void {
    this.#out().raw(bytes)
    this.#queueFlush()
  }

  #sendLarge(pending: Pending, recordBytes: number): void {
    this.flush()
    const { largeWriter } = this.#gateway
    const buffer = this.#gateway.takeAnswerBuffer(recordBytes + answerOverheadBytes)
    pending.encode(largeWriter.into(buffer, 0))
    this.#socket.write(largeWriter.take())
    if (this.#socket.writableLength === 0) this.#gateway.giveBack(buffer)
  }

  #out(): WireWriter {
    if (this.#writer !== undefined) return this.#writer
    this.#outBuffer = Buffer.allocUnsafe(outBytes)
    this.#writer = new WireWriter(outBytes, Buffer.allocUnsafe).into(this.#outBuffer, 0)
    return this.#writer
  }

  #queueFlush(): void {
    if (this.#isFlushQueued) return
    this.#isFlushQueued = true
    this.#gateway.flushLater(this)
  }

  /** One write for all answers of the turn. The buffer is used again only when the kernel has taken everything. */
  flush(): void {
    this.#isFlushQueued = false
    const writer = this.#writer
    if (writer === undefined || writer.length === 0 || this.#socket.destroyed) return
    this.#socket.write(writer.take())
    if (this.#socket.writableLength !== 0) this.#outBuffer = Buffer.allocUnsafe(outBytes)
    writer.into(this.#outBuffer!, 0)
  }
}

/** A request between its arrival and its answer: what handlers see as their context. */
class Pending implements Context<unknown> {
  readonly version: number
  readonly clientId: string | null
  readonly connection: Connection
  readonly #api: Api
  readonly #correlationId: number
  #response: unknown
  isAnswered = false
  isQuiet = false
  encoded: Uint8Array | undefined
  whenGone: (() => void) | undefined

  constructor(connection: Connection, api: Api, version: number, correlationId: number, clientId: string | null) {
    this.connection = connection
    this.#api = api
    this.version = version
    this.#correlationId = correlationId
    this.clientId = clientId
  }

  get clientHost(): string {
    return this.connection.clientHost
  }

  answer(response: unknown): void {
    if (this.isAnswered) return
    this.isAnswered = true
    this.#response = response
    this.connection.answered(this)
  }

  stayQuiet(): void {
    this.isQuiet = true
    this.answer(undefined)
  }

  close(reason: string): void {
    this.isAnswered = true
    this.connection.closeFor(reason)
  }

  encode(writer: WireWriter): void {
    writeResponse(writer, this.#api, this.version, this.#correlationId, this.#response as never)
  }

  encodeAside(): void {
    if (this.isQuiet) return
    const writer = new WireWriter(this.recordBytes() + outBytes, Buffer.allocUnsafe)
    this.encode(writer)
    this.encoded = writer.take()
    this.#response = undefined
  }

  /** Bytes of records in the answer; only Fetch has any. */
  recordBytes(): number {
    if (this.#api.key !== fetch.key) return 0
    const { responses } = this.#response as {
      responses: readonly { partitions: readonly { records: { byteLength: number } | null }[] }[]
    }
    let bytes = 0
    for (const { partitions } of responses) for (const { records } of partitions) bytes += records?.byteLength ?? 0
    return bytes
  }
}

/** The usual visitors at the wrong door, by what their first four bytes say as a length. */
function foreignProtocol(size: number): string {
  const first = Buffer.alloc(4)
  first.writeInt32BE(size)
  if (/^(GET |POST|PUT |HEAD|OPTI|DELE|PRI )$/.test(first.toString('latin1'))) return ' (HTTP? this port speaks Kafka)'
  if (first[0] === 0x16 && first[1] === 0x03) return ' (TLS? this port speaks plaintext)'
  return ''
}
