// Where the keyboard is after a page has changed under it.

const places = '[data-landing], [role="grid"]:not([aria-rowcount="0"])'

/** True while no key would reach anything: what had the focus is gone, or nothing had it yet. */
export const isFocusLost = (main: HTMLElement): boolean =>
  document.activeElement === null || document.activeElement === document.body || document.activeElement === main

/**
 * Puts the focus in the page's open form (`data-landing`) or else its list. Where there is none yet, it is waited for as long as
 * the focus goes nowhere else. Returns what ends the waiting.
 */
export function landIn(main: HTMLElement): () => void {
  const land = (): boolean => {
    const place = main.querySelector<HTMLElement>(places)
    place?.focus({ preventScroll: true })
    return place !== null
  }
  if (land()) return () => {}
  main.focus()
  const observer = new MutationObserver(() => {
    if (!isFocusLost(main) || land()) observer.disconnect()
  })
  observer.observe(main, { childList: true, subtree: true })
  return () => observer.disconnect()
}
