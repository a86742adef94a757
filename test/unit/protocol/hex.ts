/** Bytes from hex, with spaces between what belongs together. */
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
