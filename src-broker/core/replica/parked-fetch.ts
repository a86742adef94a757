/** A fetch that found too little and waits on the partitions it asked for. */
export interface ParkedFetch {
  /** The high watermark or the role of one of its partitions changed: look again. */
  wake(): void
}
