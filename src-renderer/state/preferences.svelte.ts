import type { Zone } from '../lib/time.ts'

export type Theme = 'system' | 'light' | 'dark'

interface Kept {
  theme: Theme
  zone: Zone
  detailWidth: number | null
}

const storageKey = 'pressroom'

/** What the window remembers about how it should look. Kept in the browser's storage; without one it forgets, no more. */
export class Preferences {
  theme = $state<Theme>('system')
  zone = $state<Zone>('local')
  /** Pixels; null until the user has chosen one. */
  detailWidth = $state<number | null>(null)
  #systemIsDark = $state(false)
  readonly isDark = $derived(this.theme === 'system' ? this.#systemIsDark : this.theme === 'dark')

  constructor() {
    const system = matchMedia('(prefers-color-scheme: dark)')
    this.#systemIsDark = system.matches
    system.addEventListener('change', () => (this.#systemIsDark = system.matches))
    const kept = read()
    this.theme = kept.theme ?? 'system'
    this.zone = kept.zone ?? 'local'
    this.detailWidth = kept.detailWidth ?? null
  }

  save(): void {
    const kept: Kept = { theme: this.theme, zone: this.zone, detailWidth: this.detailWidth }
    try {
      localStorage.setItem(storageKey, JSON.stringify(kept))
    } catch {
      // Storage is full or switched off.
    }
  }

  setTheme(theme: Theme): void {
    this.theme = theme
    this.save()
  }

  setZone(zone: Zone): void {
    this.zone = zone
    this.save()
  }
}

function read(): Partial<Kept> {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Kept>
  } catch {
    return {}
  }
}
