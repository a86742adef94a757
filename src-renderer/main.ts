import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'
import { mount } from 'svelte'
import { openChannel } from './api/channel.ts'
import { createClient } from './api/client.ts'
import App from './app.svelte'

mount(App, { target: document.getElementById('app')!, props: { client: createClient(openChannel()) } })
