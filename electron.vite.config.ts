import { resolve } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'

const r = (path: string) => resolve(import.meta.dirname, path)

export default defineConfig({
  main: {
    build: {
      outDir: r('out/main'),
      sourcemap: true,
      rolldownOptions: {
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
      outDir: r('out/preload'),
      externalizeDeps: false, // a sandboxed preload may only require('electron')
      rolldownOptions: {
        input: { preload: r('src-main/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' }, // ... and must be CommonJS
      },
    },
  },
  renderer: {
    root: r('src-renderer'),
    plugins: [svelte({ configFile: false })],
    build: { outDir: r('out/renderer'), minify: true, rolldownOptions: { input: r('src-renderer/index.html') } },
  },
})
