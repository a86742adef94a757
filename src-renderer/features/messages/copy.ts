import type { MessageDetail, Payload } from '../../../src-main/contract/messages.ts'

/** A content as it would be pasted: JSON and text as they came, bytes as hex. */
export function copyable(payload: Payload): string {
  if (payload.kind === 'json' || payload.kind === 'text') return payload.text
  return payload.kind === 'binary' ? payload.hex : ''
}

/** A whole message as JSON. Built from texts, so that a JSON value goes in letter by letter, 64-bit integers included. */
export function messageAsJson(topic: string, message: MessageDetail): string {
  const headers = message.headers.map(
    ({ key, value }) => `    { "key": ${JSON.stringify(key)}, "value": ${literal(value)} }`,
  )
  return `{
  "topic": ${JSON.stringify(topic)},
  "partition": ${message.partition},
  "offset": ${message.offset},
  "timestamp": ${message.timestampMs},
  "headers": [${headers.length === 0 ? '' : `\n${headers.join(',\n')}\n  `}],
  "key": ${literal(message.key)},
  "value": ${literal(message.value)}
}`
}

function literal(payload: Payload): string {
  if (payload.kind === 'null') return 'null'
  if (payload.kind === 'empty') return '""'
  if (payload.kind === 'json') return payload.text
  return payload.kind === 'text' ? JSON.stringify(payload.text) : JSON.stringify({ hex: payload.hex })
}

/** Reads this one message with kcat. */
export const kcatCommand = (bootstrap: string, topic: string, message: MessageDetail): string =>
  `kcat -b ${bootstrap} -C -t ${topic} -p ${message.partition} -o ${message.offset} -c 1 -f '%k\\n%h\\n%s\\n'`
