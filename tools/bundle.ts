/** Writes the app into a folder: node tools/bundle.ts FOLDER. `tools/build.ts` says when, and which folder that is. */
import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { type BuildEnvironmentOptions, build, type InlineConfig } from 'vite'

const root = join(import.meta.dirname, '..')
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node tools/bundle.ts FOLDER')

/** How long plugins took is of no interest to who only wants to start. */
const checks = { bundlerTimings: false }

/** What runs in Node or in Electron's main process: dependencies stay where they are, in node_modules. */
const program = (part: string, options: BuildEnvironmentOptions): InlineConfig => ({
  root,
  build: {
    ...options,
    outDir: join(folder, part),
    ssr: true,
    target: 'node24',
    minify: false,
    copyPublicDir: false,
  },
})

const main = program('main', {
  sourcemap: true,
  rolldownOptions: {
    checks,
    external: ['electron'],
    input: {
      index: join(root, 'src-main/main.ts'),
      headless: join(root, 'src-main/headless.ts'),
      pressroom: join(root, 'src-main/pressroom.ts'),
      'broker-worker': join(root, 'src-broker/runtime/broker-worker.ts'),
    },
    // Chunks lie beside the entries, so that import.meta.url means one folder everywhere.
    output: { chunkFileNames: '[name]-[hash].js' },
  },
})

const preload = program('preload', {
  rolldownOptions: {
    checks,
    // A sandboxed preload may require nothing else, and must be CommonJS.
    external: ['electron'],
    input: { preload: join(root, 'src-main/preload.ts') },
    output: { format: 'cjs', entryFileNames: '[name].cjs' },
  },
})

const renderer: InlineConfig = {
  root: join(root, 'src-renderer'),
  base: './',
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: join(folder, 'renderer'),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks },
  },
}

for (const config of [main, preload, renderer]) await build({ ...config, configFile: false, logLevel: 'warn' })
