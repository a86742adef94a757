// The built renderer, by name. What may be served is listed once from its own folder, and a request picks from that list:
// no path from outside ever reaches the file system.
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

export interface StaticFile {
  readonly type: string
  /** The name carries a hash of the contents. */
  readonly isImmutable: boolean
  read(): Promise<Buffer<ArrayBuffer>>
}

export interface StaticFiles {
  /** By the path of a URL as it came, undecoded; `/` is the page itself. */
  find(path: string): StaticFile | null
}

export function staticFiles(folder: string): StaticFiles {
  let files: Map<string, StaticFile> | null = null
  const list = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && extname(entry.name) in types)
      .map((entry) => staticFile(folder, join(entry.parentPath, entry.name)))
  return {
    find(path) {
      files ??= new Map(list())
      return files.get(path === '/' ? '/index.html' : path) ?? null
    },
  }
}

function staticFile(folder: string, file: string): [string, StaticFile] {
  const path = `/${relative(folder, file).split(sep).join('/')}`
  const type = types[extname(file)] ?? 'application/octet-stream'
  return [path, { type, isImmutable: path.startsWith('/assets/'), read: () => readFile(file) }]
}
