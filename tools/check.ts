/**
 * npm run check: types per layer, templates, lint and format, import rules, dead code. Runs them side by side, prints what failed.
 * As they and the tests share the processors, processor time is what counts: more threads would only repeat what one type check
 * does once, and knip reads the builders' configurations like any source (package.json switches off that it runs them).
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const tsc = '@typescript/native/bin/tsc'
const checks: Record<string, readonly [file: string, ...args: string[]]> = {
  'types (plain ECMAScript layers)': [tsc, '--singleThreaded', '-p', 'tsconfig.core.json'],
  'types (Node)': [tsc, '--singleThreaded', '-p', 'tsconfig.json'],
  'types (renderer)': [
    'svelte-check/bin/svelte-check',
    '--tsgo',
    '--tsconfig',
    'tsconfig.renderer.json',
    '--fail-on-warnings',
  ],
  'lint and format': ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  'import rules': [
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    '--config',
    'tools/dependency-rules.mjs',
    'src-broker',
    'src-main',
    'src-renderer',
  ],
  'dead code': ['knip/bin/knip.js', '--no-progress'],
}

const run = (name: string, [file, ...args]: readonly [string, ...string[]]): Promise<boolean> =>
  new Promise((done) => {
    const started = performance.now()
    const child = spawn(process.execPath, [join(root, 'node_modules', file), ...args], { cwd: root })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
      if (code !== 0) console.log(output)
      done(code === 0)
    })
  })

const results = await Promise.all(Object.entries(checks).map(([name, command]) => run(name, command)))
process.exitCode = results.every(Boolean) ? 0 : 1
