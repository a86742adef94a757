// How wide text is, in pixels, without laying it out.

const rememberedMax = 2_000

/** A canvas knows no font features: our digits are all as wide as a 0, and the tail of our l (cv05) takes a little. */
const wider = 1.02

/** Measures in one font, as CSS names it. */
export function ruler(font: string): (text: string) => number {
  const canvas = document.createElement('canvas').getContext('2d')!
  const widths = new Map<string, number>()
  return (text) => {
    const known = widths.get(text)
    if (known !== undefined) return known
    canvas.font = font
    const width = canvas.measureText(text.replace(/\d/g, '0')).width * wider
    if (widths.size > rememberedMax) widths.clear()
    widths.set(text, width)
    return width
  }
}

/** Into how many lines a text breaks between its words. A word that is longer than a line is counted by its length. */
export function lineCount(text: string, width: number, measure: (text: string) => number): number {
  let lines = 1
  let used = 0
  for (const word of text.split(' ')) {
    const wide = measure(`${word} `)
    if (used > 0 && used + wide > width) {
      lines += 1
      used = 0
    }
    lines += Math.floor(wide / width)
    used += wide % width
  }
  return lines
}
