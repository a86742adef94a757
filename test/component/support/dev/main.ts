// The window with a scripted host, to look at: ?scenario=busy&theme=dark#/topics/orders/messages
import '../../../../src-renderer/styles/fonts.css'
import '../../../../src-renderer/styles/tokens.css'
import '../../../../src-renderer/styles/base.css'
import { mount } from 'svelte'
import App from '../../../../src-renderer/app.svelte'
import { scenarios } from '../scenarios.ts'

const query = new URLSearchParams(location.search)
const theme = query.get('theme')
if (theme !== null) localStorage.setItem('pressroom', JSON.stringify({ theme }))
const host = scenarios[(query.get('scenario') ?? 'busy') as keyof typeof scenarios]()
Object.assign(window, { fakeHost: host })
mount(App, { target: document.getElementById('app')!, props: { client: host.client } })
host.run()
