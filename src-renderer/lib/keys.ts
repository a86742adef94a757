export const isMac = /mac|iphone|ipad/i.test(navigator.platform)

const names: Readonly<Record<string, string>> = { enter: '↵', esc: 'Esc', space: 'Space' }

/** `mod+k` → `⌘K` or `Ctrl K`; `g t` → `G T`. */
export function keyLabel(shortcut: string): string {
  if (shortcut.startsWith('mod+')) return (isMac ? '⌘' : 'Ctrl ') + keyLabel(shortcut.slice(4))
  return names[shortcut] ?? shortcut.toUpperCase()
}

export const isMod = (event: KeyboardEvent): boolean => (isMac ? event.metaKey : event.ctrlKey)

/** True where a letter is meant as text, so that it is no shortcut. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(textarea|select)$/i.test(target.tagName) || isTextInput(target)
}

/** True where Space or Enter works what has the focus: a button that was reached by keys, not one that was clicked before. */
export function isPressing(event: KeyboardEvent): boolean {
  const { key, target } = event
  if ((key !== ' ' && key !== 'Enter') || !(target instanceof HTMLElement)) return false
  return target.matches(':is(button, summary, input):focus-visible:not([role="tab"][aria-selected="true"])')
}

const isTextInput = (element: HTMLElement): boolean =>
  element instanceof HTMLInputElement && !/^(checkbox|radio|button|submit)$/.test(element.type)
