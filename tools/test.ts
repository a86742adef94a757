/** npm test: the checks beside the tests, as neither keeps all processors busy alone. What the checks say comes last. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

function run(file: string, args: readonly string[], isQuiet: boolean): Promise<{ isOk: boolean; output: string }> {
  return new Promise((done) => {
    const stdio = isQuiet ? 'pipe' : 'inherit'
    const child = spawn(process.execPath, [join(root, file), ...args], { cwd: root, stdio })
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    child.on('close', (code) => done({ isOk: code === 0, output }))
  })
}

const [checks, tests] = await Promise.all([
  run('tools/check.ts', [], true),
  run('node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)], false),
])
console.log(checks.output)
process.exitCode = checks.isOk && tests.isOk ? 0 : 1
