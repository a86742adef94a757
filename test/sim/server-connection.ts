// A broker's end of a client's connection: frames in, answers out in the order of the requests, as runtime/connection.ts does
// on a socket. What a client sent is decoded from its bytes, and what it gets is encoded to bytes.
import type { Context } from '../../src-broker/api/handler.ts'
import { routes } from '../../src-broker/api/index.ts'
import { assert } from '../../src-broker/base/assert.ts'
import type { Broker } from '../../src-broker/core/broker.ts'
import type { Api } from '../../src-broker/protocol/api.ts'
import { readRequestHeader, writeResponse } from '../../src-broker/protocol/frames.ts'
import { viewOf, WireReader } from '../../src-broker/protocol/reader.ts'
import type { WireWriter } from '../../src-broker/protocol/writer.ts'
import type { Machine } from './machine.ts'
import type { End, Link } from './network.ts'

const lengthBytes = 4

export class ServerConnection implements End<Uint8Array> {
  readonly #machine: Machine
  #link: Link<Uint8Array> | undefined
  readonly #pending: Pending[] = []
  #early: Uint8Array[] = []

  constructor(machine: Machine) {
    this.#machine = machine
  }

  opened(link: Link<Uint8Array>): void {
    this.#link = link
    this.#machine.accepted(this)
  }

  received(frame: Uint8Array): void {
    this.#machine.enter((broker) => {
      if (this.#machine.isServing) this.#handle(broker, frame)
      else this.#early.push(frame)
    })
  }

  /** The broker can answer now. */
  serve(broker: Broker): void {
    for (const frame of this.#early.splice(0)) this.#handle(broker, frame)
  }

  closed(): void {
    this.#link = undefined
    this.#machine.enter(() => {
      for (const pending of this.#pending.splice(0)) pending.whenGone?.()
    })
    this.#machine.connectionGone(this)
  }

  close(): void {
    this.#link?.close(this)
    this.closed()
  }

  #handle(broker: Broker, frame: Uint8Array): void {
    if (this.#link === undefined) return
    const reader = new WireReader().over(frame, viewOf(frame), lengthBytes, frame.length)
    const { apiKey, apiVersion, correlationId, clientId } = readRequestHeader(reader)
    const route = routes.get(apiKey)
    assert(route?.api.supports(apiVersion) === true, `the simulator asks for ${apiKey} in version ${apiVersion}`)
    const request = route.api.requestCodec(apiVersion).decode(reader)
    const pending = new Pending(this, route.api, apiVersion, correlationId, clientId)
    this.#pending.push(pending)
    const response = route.handle(broker, request, pending)
    if (response !== undefined) pending.answer(response)
  }

  get frames(): WireWriter {
    return this.#machine.frames
  }

  answered(): void {
    while (this.#pending[0]?.isAnswered === true) {
      const { encoded } = this.#pending.shift()!
      if (encoded !== undefined) this.#machine.flushLater(this, encoded)
    }
  }

  /** At the end of the turn. */
  send(frame: Uint8Array): void {
    this.#link?.send(this, frame)
  }
}

class Pending implements Context<unknown> {
  readonly version: number
  readonly clientId: string | null
  readonly clientHost = '/simulated'
  readonly connection: ServerConnection
  readonly #api: Api
  readonly #correlationId: number
  isAnswered = false
  encoded: Uint8Array | undefined
  whenGone: (() => void) | undefined

  constructor(connection: ServerConnection, api: Api, version: number, correlationId: number, clientId: string | null) {
    this.connection = connection
    this.#api = api
    this.version = version
    this.#correlationId = correlationId
    this.clientId = clientId
  }

  answer(response: unknown): void {
    if (this.isAnswered) return
    const writer = this.connection.frames
    writeResponse(writer, this.#api, this.version, this.#correlationId, response as never)
    this.encoded = writer.take()
    this.isAnswered = true
    this.connection.answered()
  }

  stayQuiet(): void {
    this.isAnswered = true
    this.connection.answered()
  }

  close(): void {
    this.isAnswered = true
    this.connection.close()
  }
}
