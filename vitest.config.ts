import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { chromiumOptions } from './test/support/chromium.ts'

const launchOptions = await chromiumOptions()

// Two files at a time also where there are two processors: by itself vitest would leave one of them idle.
const maxWorkers = 2

/** The longest one first, so that the others run beside it. */
class SimulatorFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSimulator = ({ moduleId }: TestSpecification) => Number(moduleId.includes('/test/sim/'))
    return (await super.sort(files)).sort((a, b) => isSimulator(b) - isSimulator(a))
  }
}

export default defineConfig({
  test: {
    maxWorkers,
    sequence: { sequencer: SimulatorFirst },
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/{unit,golden,property,scenarios}/**/*.test.ts'],
          // They leave nothing behind, and loading the product anew for each of them takes longer than they do.
          isolate: false,
        },
      },
      {
        // Whole clusters. Those with real clients mostly wait, and leave the processors to the simulated ones.
        test: {
          name: 'clusters',
          environment: 'node',
          include: ['test/{sim,interop,e2e}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        test: {
          name: 'component',
          include: ['test/component/**/*.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
