#!/usr/bin/env node
// The command line of a running Pressroom. The program itself is built: this file only finds it.
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = new URL('../out/main/pressroom.js', import.meta.url)
if (existsSync(program)) await import(program.href)
else {
  console.error(`pressroom: not built yet; run "npm run build" in ${dirname(dirname(fileURLToPath(import.meta.url)))}`)
  process.exitCode = 2
}
