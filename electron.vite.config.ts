import { resolve } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'

const r = (path: string) => resolve(import.meta.dirname, path)
/** tools/build.ts has it built beside. */
const out = (part: string) => resolve(r(process.env.PRESSROOM_BUILD ?? 'out'), part)
/** How long plugins took is of no interest to who only wants to start. */
const checks = { bundlerTimings: false }

export default defineConfig({
  main: {
    build: {
      outDir: out('main'),
      sourcemap: true,
      rolldownOptions: {
        checks,
        input: {
          index: r('src-main/main.ts'),
          headless: r('src-main/headless.ts'),
          pressroom: r('src-main/pressroom.ts'),
          'broker-worker': r('src-broker/runtime/broker-worker.ts'),
        },
        // Chunks lie beside the entries, so that import.meta.url means one folder everywhere.
        output: { chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: out('preload'),
      externalizeDeps: false, // a sandboxed preload may only require('electron')
      rolldownOptions: {
        checks,
        input: { preload: r('src-main/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' }, // ... and must be CommonJS
      },
    },
  },
  renderer: {
    root: r('src-renderer'),
    plugins: [svelte({ configFile: false })],
    build: {
      outDir: out('renderer'),
      emptyOutDir: true,
      minify: true,
      rolldownOptions: { checks, input: r('src-renderer/index.html') },
    },
  },
})
