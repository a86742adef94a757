import { DiskError, type DiskFile } from '../../base/disk.ts'

/** Part of a segment's file, read straight into the frame that carries it. Good until the end of the turn. */
export class FileSlice {
  readonly byteLength: number
  readonly #file: DiskFile | undefined
  readonly #position: number

  constructor(file: DiskFile | undefined, position: number, byteLength: number) {
    this.#file = file
    this.#position = position
    this.byteLength = byteLength
  }

  readInto(target: Uint8Array, at: number): void {
    if (this.#file === undefined) return
    const got = this.#file.read(target, at, this.byteLength, this.#position)
    if (got !== this.byteLength) throw new DiskError('EIO', this.#file.path)
  }
}

export const emptySlice = new FileSlice(undefined, 0, 0)
