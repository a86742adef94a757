// Every import rule is broken once, in a house of its own, and must be heard of.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const root = join(import.meta.dirname, '../../..')
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')

const house = temporaryFolder({
  'tsconfig.json': '{}',
  'node_modules/electron/index.js': '',
  'node_modules/kafkajs/index.js': '',
  'node_modules/svelte/internal/client.js': '',
  'node_modules/svelte/internal/disclose-version.js': '',
  'node_modules/svelte/internal/flags/legacy.js': '',
  'src-broker/base/bytes.ts': 'export const bytes = 1',
  'src-broker/base/clock.ts': "import { hrtime } from 'node:process'\nexport const now = hrtime",
  'src-broker/records/batch.ts': "import { bytes } from '../base/bytes.ts'\nexport const batch = bytes",
  'src-broker/protocol/frame.ts': "import { batch } from '../records/batch.ts'\nexport const frame = batch",
  'src-broker/core/log.ts': "import type { Disk } from '../runtime/disk.ts'\nexport const log = (disk: Disk) => disk",
  'src-broker/api/00-produce.ts': "import 'kafkajs'\nexport const produce = 1",
  'src-broker/faults/fault.ts': "import { produce } from '../api/00-produce.ts'\nexport const fault = produce",
  'src-broker/client/reader.ts': "import { log } from '../core/log.ts'\nexport const reader = log",
  'src-broker/runtime/disk.ts': "import { version } from '../../src-main/host.ts'\nexport type Disk = typeof version",
  'src-broker/runtime/cluster-host.ts': "import 'node:fs'\nexport const startCluster = 1",
  'src-broker/runtime/ring.ts': "import { way } from './way.ts'\nexport const ring = way",
  'src-broker/runtime/way.ts': "import { ring } from './ring.ts'\nexport const way = ring",
  'src-main/host.ts':
    "import '../src-broker/runtime/ring.ts'\nimport '../src-broker/runtime/cluster-host.ts'\nexport const version = 1",
  'src-main/main.ts': "import { app } from 'electron'\nexport const a = app",
  'src-main/services/dialogs.ts':
    "import { dialog } from 'electron'\nimport App from '../../src-renderer/App.svelte'\nexport const d = [dialog, App]",
  'src-main/contract/contract.ts': "import { version } from '../host.ts'\nexport const v = version",
  'src-renderer/App.svelte':
    '<script lang="ts">\nimport { version } from "../src-main/host.ts"\nimport "node:fs"\n</script>\n{version}',
  'src-renderer/features/topics/list.ts':
    "import { groups } from '../groups/list.ts'\nimport './row.ts'\nexport const topics = groups",
  'src-renderer/features/topics/row.ts': "import '../../ui/button.ts'\nexport {}",
  'src-renderer/features/groups/list.ts': 'export const groups = 1',
  'src-renderer/ui/button.ts':
    "import { groups } from '../features/groups/list.ts'\nimport './missing.ts'\nexport const button = groups",
})
afterAll(() => house.remove())

test('each forbidden import is found, and nothing else is', () => {
  const args = [
    '--config',
    join(root, 'tools/dependency-rules.mjs'),
    '--output-type',
    'json',
    'src-broker',
    'src-main',
    'src-renderer',
  ]
  const { stdout } = spawnSync(process.execPath, [cruiser, ...args], {
    cwd: house.path,
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  const { violations } = JSON.parse(stdout).summary as {
    violations: { from: string; to: string; rule: { name: string } }[]
  }
  const found = violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)
  expect(found.sort()).toMatchInlineSnapshot(`
    [
      "a-feature-imports-no-other-feature: src-renderer/features/topics/list.ts -> src-renderer/features/groups/list.ts",
      "api-imports: src-broker/api/00-produce.ts -> node_modules/kafkajs/index.js",
      "base-imports: src-broker/base/clock.ts -> process",
      "broker-knows-no-host: src-broker/runtime/disk.ts -> src-main/host.ts",
      "client-imports: src-broker/client/reader.ts -> src-broker/core/log.ts",
      "contract-stands-alone: src-main/contract/contract.ts -> src-main/host.ts",
      "core-imports: src-broker/core/log.ts -> src-broker/runtime/disk.ts",
      "faults-imports: src-broker/faults/fault.ts -> src-broker/api/00-produce.ts",
      "host-knows-no-renderer: src-main/services/dialogs.ts -> src-renderer/App.svelte",
      "host-uses-the-cluster-by-its-front-door: src-main/host.ts -> src-broker/runtime/ring.ts",
      "no-cycles: src-broker/runtime/ring.ts -> src-broker/runtime/way.ts",
      "nothing-is-missing: src-renderer/ui/button.ts -> ./missing.ts",
      "only-the-shell-knows-electron: src-main/services/dialogs.ts -> node_modules/electron/index.js",
      "protocol-imports: src-broker/protocol/frame.ts -> src-broker/records/batch.ts",
      "renderer-knows-no-node: src-renderer/App.svelte -> fs",
      "renderer-sees-the-contract-only: src-renderer/App.svelte -> src-main/host.ts",
      "ui-knows-no-domain: src-renderer/ui/button.ts -> src-renderer/features/groups/list.ts",
    ]
  `)
})
