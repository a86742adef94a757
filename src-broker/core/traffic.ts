/** What went through this broker since it started. Whoever wants rates looks twice. */
export class Traffic {
  recordsIn = 0
  bytesIn = 0
  recordsOut = 0
  bytesOut = 0

  appended(records: number, bytes: number): void {
    this.recordsIn += records
    this.bytesIn += bytes
  }

  fetched(records: number, bytes: number): void {
    this.recordsOut += records
    this.bytesOut += bytes
  }
}
