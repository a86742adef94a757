// Who may import whom. See README, "The house". Checked by `npm run check`.
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src-|node_modules|[a-z_/]+$)', pathNot: allowed },
})
const plain = (folder, ...others) =>
  layer(`${folder}-imports`, `^src-broker/${folder}/`, [`^src-broker/(${[folder, ...others].join('|')})/`])

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    plain('base'),
    plain('records', 'base'),
    plain('protocol', 'base'),
    plain('faults', 'base', 'core'),
    plain('core', 'base', 'records', 'protocol'),
    plain('api', 'base', 'records', 'protocol', 'core'),
    layer('client-imports', '^src-broker/client/', [
      '^src-broker/(client|base|records|protocol)/',
      '^node_modules',
      '^(node:)?[a-z_/]+$',
    ]),
    {
      name: 'broker-knows-no-host',
      severity: 'error',
      from: { path: '^src-broker/' },
      to: { path: '^src-(main|renderer)/' },
    },
    {
      name: 'host-uses-the-cluster-by-its-front-door',
      severity: 'error',
      from: { path: '^src-main/' },
      to: {
        path: '^src-broker/',
        pathNot: ['^src-broker/runtime/cluster-host', '^src-broker/(client|protocol|records|faults|base)/'],
      },
    },
    {
      name: 'renderer-sees-the-contract-only',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: '^src-(broker|main)/', pathNot: '^src-main/contract/' },
    },
    {
      name: 'a-feature-imports-no-other-feature',
      severity: 'error',
      from: { path: '^src-renderer/features/([^/]+)/' },
      to: { path: '^src-renderer/(views|features/([^/]+))/', pathNot: '^src-renderer/features/$1/' },
    },
    {
      name: 'ui-knows-no-domain',
      severity: 'error',
      from: { path: '^src-renderer/(ui|lib)/' },
      to: { path: '^src-renderer/(features|views|state|api)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.svelte'] },
  },
}
