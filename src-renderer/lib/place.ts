/** Puts something that floats under an element, or above it where the window ends; never outside the window. */
export function placeBeside(floating: HTMLElement, anchor: Element, align: 'start' | 'center' | 'end', gap = 4): void {
  const at = anchor.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = floating
  const wanted = { start: at.left, center: at.left + Math.min(at.width, 320) / 2 - width / 2, end: at.right - width }[
    align
  ]
  const fitsBelow = at.bottom + gap + height <= innerHeight - 4
  floating.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, wanted))}px`
  floating.style.top = `${fitsBelow ? at.bottom + gap : Math.max(8, at.top - height - gap)}px`
}
