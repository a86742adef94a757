// A broker of nothing but scripted answers, on a real loopback socket, built from the codec that it is there to test the other
// end of. Answers leave in the order of the requests, as a broker's must.
import { createServer, type Server, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Api, RequestOf, ResponseInput } from '../../../src-broker/protocol/api.ts'
import { readRequestHeader, writeResponse } from '../../../src-broker/protocol/frames.ts'
import { apis, apiVersions } from '../../../src-broker/protocol/messages/index.ts'
import { viewOf, WireReader } from '../../../src-broker/protocol/reader.ts'
import type { Shape } from '../../../src-broker/protocol/schema.ts'
import { WireWriter } from '../../../src-broker/protocol/writer.ts'

/** What a script returns to send bytes as they are (piece by piece, with a pause between), to say nothing, or to hang up. */
export type Misbehaviour = { readonly raw: Uint8Array | readonly Uint8Array[] } | 'silence' | 'hang up'

type Script = (request: never, about: { version: number; correlationId: number }) => unknown

export class FakeBroker {
  readonly requests: { readonly name: string; readonly version: number; readonly body: unknown }[] = []
  connections = 0
  port = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #scripts = new Map<number, Script>()

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
    this.on(apiVersions, () => ({
      errorCode: 0,
      apiKeys: [...apis.values()].map((api) => ({
        apiKey: api.key,
        minVersion: api.minVersion,
        maxVersion: api.maxVersion,
      })),
    }))
  }

  static async start(port = 0): Promise<FakeBroker> {
    const broker = new FakeBroker()
    await new Promise<void>((done) => broker.#server.listen(port, '127.0.0.1', done))
    broker.port = (broker.#server.address() as { port: number }).port
    return broker
  }

  get address() {
    return { host: '127.0.0.1', port: this.port }
  }

  on<Request extends Shape, Response extends Shape>(
    api: Api<Request, Response>,
    script: (
      request: RequestOf<Api<Request, Response>>,
      about: { version: number; correlationId: number },
    ) =>
      | ResponseInput<Api<Request, Response>>
      | Misbehaviour
      | Promise<ResponseInput<Api<Request, Response>> | Misbehaviour>,
  ): this {
    this.#scripts.set(api.key, script as Script)
    return this
  }

  /** Asks `first` before the script that is there; undefined lets it pass. */
  intercept(api: Api, first: () => Misbehaviour | undefined): void {
    const script = this.#scripts.get(api.key)!
    this.#scripts.set(api.key, (request, about) => first() ?? script(request, about))
  }

  count(name: string): number {
    return this.requests.filter((request) => request.name === name).length
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((done) => this.#server.close(done))
  }

  #serve(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    let rest = Buffer.alloc(0)
    let answers = Promise.resolve()
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk as Buffer])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const frame = rest.subarray(4, 4 + rest.readInt32BE(0))
        rest = rest.subarray(4 + frame.length)
        answers = answers.then(() => this.#answer(socket, frame))
      }
    })
  }

  async #answer(socket: Socket, frame: Buffer): Promise<void> {
    const reader = new WireReader().over(frame, viewOf(frame), 0, frame.length)
    const { api, apiVersion: version, correlationId } = readRequestHeader(reader)
    const script = api && this.#scripts.get(api.key)
    if (api === undefined || script === undefined) return void socket.destroy()
    const body = api.requestCodec(version).decode(reader)
    this.requests.push({ name: api.name, version, body })
    const answer = await script(body as never, { version, correlationId })
    if (answer === 'silence') return
    if (answer === 'hang up') return void socket.destroy()
    if (isRaw(answer)) return sendRaw(socket, answer.raw)
    socket.write(frameOf(api, version, correlationId, answer as never))
  }
}

async function sendRaw(socket: Socket, raw: Uint8Array | readonly Uint8Array[]): Promise<void> {
  for (const piece of raw instanceof Uint8Array ? [raw] : raw) {
    socket.write(piece)
    await setImmediate()
  }
}

/** A whole answer, length included, as a broker would send it. */
export function frameOf<Response extends Shape>(
  api: Api<Shape, Response>,
  version: number,
  correlationId: number,
  body: ResponseInput<Api<Shape, Response>>,
): Uint8Array {
  const writer = new WireWriter()
  writeResponse(writer, api, version, correlationId, body)
  return writer.take()
}

const isRaw = (answer: unknown): answer is { raw: Uint8Array | readonly Uint8Array[] } =>
  typeof answer === 'object' && answer !== null && 'raw' in answer
