// The load generator where there is no C compiler; the same command line and output as c/load.c, which see.
// Open loop here spins on one core instead of sleeping: Node's timers know milliseconds only.
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'

const receiveBytes = 256 << 10
/** As much as goes into one write when many small requests may leave at once. */
const burstBytes = 64 << 10
const answerBytesMax = 64 << 20

const [mode, port, framePath, ...numbers] = process.argv.slice(2)
const frame = readFileSync(framePath!)
const [first = 0, second = 0, third = 0] = numbers.map(Number)
if (mode === 'produce') produce(first, second, third)
else fetch(first, second)

function fail(reason: string): never {
  console.error(`load: ${reason}`)
  process.exit(1)
}

function open(buffer: () => Buffer, received: (length: number) => void): Socket {
  const onread = { buffer, callback: (length: number) => (received(length), true) }
  const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true, onread })
  socket.on('error', (error) => fail(error.message))
  socket.on('end', () => fail('the broker closed the connection'))
  return socket
}

function report(begunMs: number, requests: number, bytes: number, latencies: Float64Array | null): void {
  const seconds = (performance.now() - begunMs) / 1000
  const { user, system } = process.cpuUsage()
  const sorted = latencies?.sort()
  const percentileUs = (share: number) => (sorted?.[Math.floor(sorted.length * share)] ?? 0) * 1000
  const clientCpuSeconds = (user + system) / 1e6
  const p50Us = percentileUs(0.5)
  console.log(JSON.stringify({ seconds, requests, bytes, clientCpuSeconds, p50Us, p99Us: percentileUs(0.99) }))
  process.exit(0)
}

function produce(count: number, depth: number, rate: number): void {
  const perBurst = Math.max(1, Math.min(depth, Math.floor(burstBytes / frame.length)))
  const burst = Buffer.concat(Array.from({ length: perBurst }, () => frame))
  const sentMs = new Float64Array(count)
  const latencies = new Float64Array(count)
  const into = Buffer.allocUnsafeSlow(receiveBytes)
  const intervalMs = rate > 0 ? 1000 / rate : 0
  let kept = 0
  let sent = 0
  let answered = 0
  let begunMs = 0

  const socket = open(
    () => into.subarray(kept),
    (length) => {
      const end = kept + length
      const nowMs = performance.now()
      let at = 0
      for (let next = 0; end - at >= 4 && (next = at + 4 + into.readInt32BE(at)) <= end; at = next) {
        const errorCode = into.readInt16BE(at + 12 + 2 + into.readInt16BE(at + 12) + 4 + 4)
        if (errorCode !== 0) fail(`produce was answered with error ${errorCode}`)
        latencies[answered] = nowMs - sentMs[answered]!
        answered++
      }
      into.copyWithin(0, at, end)
      kept = end - at
      if (answered === count) report(begunMs, count, count * frame.length, latencies)
      else if (intervalMs === 0) fill()
    },
  )

  /** Writes `wanted` requests. */
  function send(wanted: number): void {
    for (let left = wanted; left > 0; left -= perBurst)
      socket.write(left >= perBurst ? burst : burst.subarray(0, left * frame.length))
  }

  function fill(): void {
    const wanted = Math.min(count - sent, depth - (sent - answered))
    sentMs.fill(performance.now(), sent, sent + wanted)
    sent += wanted
    send(wanted)
  }

  /** Latency counts from when a request was due, so that a slow answer is not hidden by sending less. */
  function sendDue(): void {
    const due = Math.min(count, Math.floor((performance.now() - begunMs) / intervalMs) + 1, answered + depth)
    for (let index = sent; index < due; index++) sentMs[index] = begunMs + index * intervalMs
    send(due - sent)
    sent = Math.max(sent, due)
    if (sent < count) setImmediate(sendDue)
  }

  socket.on('connect', () => {
    begunMs = performance.now()
    if (intervalMs === 0) fill()
    else sendDue()
  })
}

function fetch(offsetAt: number, wanted: number): void {
  const into = Buffer.allocUnsafeSlow(answerBytesMax)
  let filled = 0
  let bytes = 0
  let offset = 0
  let requests = 0
  let begunMs = 0

  function ask(): void {
    filled = 0
    frame.writeBigInt64BE(BigInt(offset), offsetAt)
    socket.write(frame)
    requests++
  }

  const socket = open(
    () => into.subarray(filled),
    (length) => {
      filled += length
      if (filled < 4 || filled < 4 + into.readInt32BE(0)) return
      const before = offset
      walkBatches()
      if (offset === before) fail('a fetch brought nothing')
      if (bytes >= wanted) report(begunMs, requests, bytes, null)
      else ask()
    },
  )
  socket.on('connect', () => {
    begunMs = performance.now()
    ask()
  })

  function walkBatches(): void {
    let at = 4 + 4 + 4 + 2 + 4 + 4 // length, correlation id, throttle time, error, session, topics
    at += 2 + into.readInt16BE(at) + 4 + 4 // topic, partitions, index
    const errorCode = into.readInt16BE(at)
    if (errorCode !== 0) fail(`fetch was answered with error ${errorCode}`)
    at += 2 + 8 + 8 + 8 // error, high watermark, last stable offset, log start offset
    at += 4 + 16 * Math.max(0, into.readInt32BE(at)) + 4 // aborted transactions, preferred replica
    const end = at + 4 + into.readInt32BE(at)
    at += 4
    while (end - at >= 61) {
      const next = at + 12 + into.readInt32BE(at + 8)
      if (next > end) break
      offset = Number(into.readBigInt64BE(at)) + into.readInt32BE(at + 23) + 1
      bytes += next - at
      at = next
    }
  }
}
