// app://pressroom/ serves the built renderer to Electron's windows: no file: page, so a hostile record that found a way to
// run a script would still not read a file; and the same list of files and the same policy as over HTTP.
import { protocol } from 'electron'
import { contentSecurityPolicy, protectiveHeaders } from './web/guard.ts'
import type { StaticFiles } from './web/static-files.ts'

const scheme = 'app'
export const pageAddress = `${scheme}://pressroom/`

/** To be called before Electron is ready. */
export function declarePageProtocol(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, codeCache: true }
  protocol.registerSchemesAsPrivileged([{ scheme, privileges }])
}

export function servePageProtocol(files: StaticFiles): void {
  protocol.handle(scheme, async (request) => {
    const isOurs = request.method === 'GET' && request.url.startsWith(pageAddress)
    const file = isOurs ? files.find(new URL(request.url).pathname) : null
    if (file === null) return new Response('There is nothing here.', { status: 404 })
    return new Response(await file.read(), {
      headers: {
        ...protectiveHeaders,
        'content-type': file.type,
        'content-security-policy': contentSecurityPolicy("'self'"),
      },
    })
  })
}
