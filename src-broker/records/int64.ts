// 64-bit fields as plain numbers: two halves, no BigInt. Exact up to 2^53, which no offset, timestamp or producer id of
// ours reaches; what a hostile client sends beyond that is rounded, and compared like any other number.

export function readInt64(view: DataView, at: number): number {
  return view.getInt32(at) * 4_294_967_296 + view.getUint32(at + 4)
}

export function writeInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 4_294_967_296))
  view.setUint32(at + 4, value)
}
