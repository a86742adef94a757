// A frame is an int32 length, a header, a body.
//
//   request header    int16 api key, int16 version, int32 correlation id, nullable string client id (never compact);
//                     tagged fields follow where the request's version is flexible ("header v2")
//   response header   int32 correlation id; tagged fields follow where the version is flexible ("header v1"),
//                     but never for ApiVersions: its reader may not know yet what the broker speaks (KIP-511)
import type { Api } from './api.ts'
import { apiVersions } from './messages/18-api-versions.ts'
import { apis } from './messages/index.ts'
import type { WireReader } from './reader.ts'
import type { Encodable, Shape } from './schema.ts'
import type { WireWriter } from './writer.ts'

export interface RequestHeader {
  /** Undefined for a key we do not know: nothing behind the client id can be read then. */
  readonly api: Api | undefined
  readonly apiKey: number
  /** As sent; `api.supports` says whether the body can be read. */
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** Reads from behind the length prefix; leaves the reader at the body. */
export function readRequestHeader(reader: WireReader): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const clientId = reader.nullableString()
  const api = apis.get(apiKey)
  if (api?.isFlexible(apiVersion)) reader.skipTagged()
  return { api, apiKey, apiVersion, correlationId, clientId }
}

/** Reads from behind the length prefix; returns the correlation id and leaves the reader at the body. */
export function readResponseHeader(reader: WireReader, api: Api, version: number): number {
  const correlationId = reader.int32()
  if (hasTaggedResponseHeader(api, version)) reader.skipTagged()
  return correlationId
}

/** Writes a whole frame, length included. Where the body cannot be written, nothing is. */
export function writeRequest<Request extends Shape>(
  writer: WireWriter,
  api: Api<Request>,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: Encodable<Request>,
): void {
  const codec = api.requestCodec(version)
  writeFrame(writer, () => {
    writer.int16(api.key)
    writer.int16(version)
    writer.int32(header.correlationId)
    writer.nullableString(header.clientId)
    if (api.isFlexible(version)) writer.uvarint(0)
    codec.encode(body, writer)
  })
}

/** Writes a whole frame, length included. Where the body cannot be written, nothing is. */
export function writeResponse<Response extends Shape>(
  writer: WireWriter,
  api: Api<Shape, Response>,
  version: number,
  correlationId: number,
  body: Encodable<Response>,
): void {
  const codec = api.responseCodec(version)
  writeFrame(writer, () => {
    writer.int32(correlationId)
    if (hasTaggedResponseHeader(api, version)) writer.uvarint(0)
    codec.encode(body, writer)
  })
}

function writeFrame(writer: WireWriter, content: () => void): void {
  const begun = writer.beginFrame()
  try {
    content()
  } catch (reason) {
    writer.rewind(begun - 4)
    throw reason
  }
  writer.endFrame(begun)
}

const hasTaggedResponseHeader = (api: Api, version: number): boolean =>
  api.isFlexible(version) && api.key !== apiVersions.key
