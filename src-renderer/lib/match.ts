/** The best score of a name that only has the letters, scattered. */
export const scattered = 10

/**
 * How well what was typed fits a name: higher is better, 0 is no fit. Whole name, then start, then start of a word,
 * then anywhere, then letters in order.
 */
export function matchScore(name: string, typed: string): number {
  const text = name.toLowerCase()
  const wanted = typed.trim().toLowerCase()
  if (wanted === '') return 1
  if (text === wanted) return 100
  const at = text.indexOf(wanted)
  if (at === 0) return 80 - Math.min(20, text.length / 20)
  if (at > 0) return (/[\s._\-/]/.test(text[at - 1]!) ? 60 : 40) - Math.min(20, text.length / 20)
  const words = wanted.split(/\s+/)
  if (words.length > 1 && words.every((word) => text.includes(word))) return 30
  let from = 0
  for (const letter of wanted.replace(/\s+/g, '')) {
    from = text.indexOf(letter, from) + 1
    if (from === 0) return 0
  }
  return scattered - Math.min(9, text.length / 20)
}
