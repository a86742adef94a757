// A broker that only answers: every Produce at once with "appended", every Fetch with one ready batch. It stores, checks and
// replicates nothing. What a broker in Node costs beyond it is the price of the work.
//
//   node control-broker.ts PORT FOLDER
//
// Produce version 7 and Fetch version 11, topics of one partition. What is fetched from topic T is the batch in FOLDER/T.
// Trusts its client.
import { readFileSync } from 'node:fs'
import net, { type Server } from 'node:net'
import { join } from 'node:path'

interface ServerWithHandle extends Server {
  _handle: { onconnection: (error: number | null, handle: unknown) => void }
}

const scratchBytes = 256 << 10
const frameBytesMax = 2 << 20
const produceKey = 0
/** From the start of a frame to its topics: length, key, version, correlation id, client id "load". */
const bodyAt = 4 + 2 + 2 + 4 + 2 + 4

const [port, folder] = process.argv.slice(2)
const batches = new Map<string, Buffer>()

function batchOf(topic: string): Buffer {
  const batch = batches.get(topic) ?? readFileSync(join(folder!, topic))
  batches.set(topic, batch)
  return batch
}

class ControlConnection {
  readonly #socket: net.Socket
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes)
  readonly #assembly = Buffer.allocUnsafeSlow(frameBytesMax)
  readonly #fetched = Buffer.allocUnsafeSlow(frameBytesMax)
  #filled = 0
  #wanted = 0
  #answers = Buffer.allocUnsafe(4096)
  #answered = 0

  constructor(handle: unknown) {
    const onread = { buffer: () => this.#target(), callback: (length: number) => this.#received(length) }
    this.#socket = new net.Socket({ handle, onread } as unknown as net.SocketConstructorOpts)
    this.#socket.setNoDelay(true)
    this.#socket.on('error', () => {})
    this.#socket.on('end', () => this.#socket.destroy())
    this.#socket.read(0)
  }

  #target(): Buffer {
    return this.#wanted > 0 ? this.#assembly.subarray(this.#filled, this.#wanted) : this.#scratch.subarray(this.#filled)
  }

  #received(length: number): boolean {
    this.#filled += length
    if (this.#wanted === 0) this.#frames()
    else if (this.#filled === this.#wanted) {
      this.#frame(this.#assembly, 0)
      this.#filled = this.#wanted = 0
    }
    this.#flush()
    return true
  }

  #frames(): void {
    let at = 0
    while (this.#filled - at >= 4) {
      const frameBytes = 4 + this.#scratch.readInt32BE(at)
      if (this.#filled - at < frameBytes) {
        if (frameBytes > scratchBytes) this.#wanted = frameBytes
        break
      }
      this.#frame(this.#scratch, at)
      at += frameBytes
    }
    this.#scratch.copy(this.#wanted > 0 ? this.#assembly : this.#scratch, 0, at, this.#filled)
    this.#filled -= at
  }

  #frame(bytes: Buffer, at: number): void {
    if (bytes.readInt16BE(at + 4) === produceKey) this.#produced(bytes, at)
    else this.#fetch(bytes, at)
  }

  #produced(bytes: Buffer, at: number): void {
    const topicAt = at + bodyAt + 2 + 2 + 4 + 4 // no transactional id, acks, timeout, topics
    const topicBytes = 2 + bytes.readInt16BE(topicAt)
    const answerBytes = 4 + 4 + 4 + topicBytes + 4 + 4 + 2 + 8 + 8 + 8 + 4
    if (this.#answered + answerBytes > this.#answers.length) this.#flush()
    const into = this.#answers
    let to = this.#answered
    to = into.writeInt32BE(answerBytes - 4, to)
    to += bytes.copy(into, to, at + 8, at + 12)
    to = into.writeInt32BE(1, to)
    to += bytes.copy(into, to, topicAt, topicAt + topicBytes)
    to = into.writeInt32BE(1, to)
    this.#answered += answerBytes
    into.fill(0, to, this.#answered) // index, error, base offset, append time, log start offset, throttle time
  }

  #fetch(bytes: Buffer, at: number): void {
    const topicAt = at + bodyAt + 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 // replica, wait, min, max, isolation, session, epoch, topics
    const topicBytes = 2 + bytes.readInt16BE(topicAt)
    const offset = bytes.readBigInt64BE(topicAt + topicBytes + 4 + 4 + 4)
    const batch = batchOf(bytes.toString('latin1', topicAt + 2, topicAt + topicBytes))
    const into = this.#fetched
    const end = offset + BigInt(batch.readInt32BE(57)) // the number of records
    let to = 4
    to += bytes.copy(into, to, at + 8, at + 12)
    into.fill(0, to, (to += 4 + 2 + 4)) // throttle time, error, session
    to = into.writeInt32BE(1, to)
    to += bytes.copy(into, to, topicAt, topicAt + topicBytes)
    to = into.writeInt32BE(1, to)
    into.fill(0, to, (to += 4 + 2)) // index, error
    for (const watermark of [end, end, 0n]) to = into.writeBigInt64BE(watermark, to)
    to = into.writeInt32BE(-1, into.writeInt32BE(-1, to)) // aborted transactions, preferred replica
    to = into.writeInt32BE(batch.length, to)
    batch.copy(into, to)
    into.writeBigInt64BE(offset, to)
    to += batch.length
    into.writeInt32BE(to - 4, 0)
    this.#socket.write(into.subarray(0, to))
  }

  #flush(): void {
    if (this.#answered === 0) return
    this.#socket.write(this.#answers.subarray(0, this.#answered))
    this.#answered = 0
    if (this.#socket.writableLength > 0) this.#answers = Buffer.allocUnsafe(4096)
  }
}

const server = net.createServer() as ServerWithHandle
server.listen(Number(port), '127.0.0.1', () => {
  server._handle.onconnection = (_, handle) => void new ControlConnection(handle)
  console.log('ready')
})
