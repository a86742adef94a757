// Opens the whole window on a scripted host, as a user would find it.
import '../../../src-renderer/styles/tokens.css'
import '../../../src-renderer/styles/base.css'
import { expect } from 'vitest'
import { page } from 'vitest/browser'
import { render } from 'vitest-browser-svelte'
import App from '../../../src-renderer/app.svelte'
import type { FakeHost } from './fake-host.ts'

export async function openWindow(host: FakeHost, hash = '#/cluster'): Promise<void> {
  localStorage.clear()
  location.hash = hash
  await page.viewport(1280, 800)
  render(App, { client: host.client })
  await expect.element(page.getByText('ephemeral', { exact: true })).toBeVisible()
}

/** Rows of a list that exist in the page; none while the list itself is not there. */
export const rowsOf = (label: string): readonly HTMLElement[] => [
  ...(page.getByRole('grid', { name: label, exact: true }).query()?.querySelectorAll<HTMLElement>('[data-row]') ?? []),
]
