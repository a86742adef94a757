import { isMod, isPressing, isTyping } from '../lib/keys.ts'
import type { App } from '../state/app.svelte.ts'
import type { MessageList } from '../state/messages.svelte.ts'

const sequenceMs = 900

/** Keys that work on every page. Single letters only where nothing is being typed and nothing floats. */
export function shortcuts(app: App): (event: KeyboardEvent) => void {
  let goUntil = 0
  return (event) => {
    if (isMod(event) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      app.dialog = app.dialog?.kind === 'palette' ? null : { kind: 'palette' }
      return
    }
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return
    if (app.dialog !== null || isTyping(event)) return
    const isSecond = event.timeStamp < goUntil
    goUntil = 0
    if (isSecond && go(app, event.key)) event.preventDefault()
    else if (event.key === 'g') goUntil = event.timeStamp + sequenceMs
    else if (!isPressing(event) && act(app, event.key)) event.preventDefault()
  }
}

function go(app: App, key: string): boolean {
  const view = ({ c: 'cluster', t: 'topics', g: 'groups' } as const)[key]
  if (view === undefined) return false
  app.router.go({ view })
  return true
}

function act(app: App, key: string): boolean {
  const { route } = app.router
  switch (key) {
    case '?':
      app.dialog = { kind: 'shortcuts' }
      return true
    case 'c':
      app.dialog = { kind: 'create-topic' }
      return true
    case '/':
      document.querySelector<HTMLElement>('[data-search]')?.focus()
      return true
    case 'r':
      if (route.view === 'topic' && route.tab === 'messages') void app.messages(route.topic).load()
      else void Promise.all([app.topics.load(), app.groups.load()])
      return true
  }
  if (route.view === 'topic' && key === 'p') {
    app.produce(route.topic)
    return true
  }
  return route.view === 'topic' && route.tab === 'messages' && actOnMessages(app.messages(route.topic), key)
}

function actOnMessages(list: MessageList, key: string): boolean {
  const { tail } = list
  switch (key) {
    case 'l':
      if (tail.state === 'off') void list.goLive()
      else tail.stop()
      return true
    case ' ':
      if (tail.state === 'live') tail.pause()
      else tail.resume()
      return tail.state !== 'off'
    case 'Escape': {
      const isOpen = list.selectedKey !== null
      list.close()
      return isOpen
    }
  }
  return false
}
