// Who may import whom. See README, "The house". Checked by `npm run check`; each rule is seen to bite in test/unit/tools.

/** A folder that imports only from those named, and nothing of Node or of npm. */
const plain = (folder, ...others) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^src-broker/${folder}/` },
  to: { pathNot: `^src-broker/(${[folder, ...others].join('|')})/` },
})

const forbidden = (name, from, to) => ({ name, severity: 'error', from, to })

export default {
  forbidden: [
    forbidden('no-cycles', {}, { circular: true }),
    forbidden('nothing-is-missing', {}, { couldNotResolve: true }),

    plain('base'),
    plain('records', 'base'),
    plain('protocol', 'base'),
    plain('faults', 'base', 'core'),
    plain('core', 'base', 'records', 'protocol'),
    plain('api', 'base', 'records', 'protocol', 'core'),
    forbidden(
      'client-imports',
      { path: '^src-broker/client/' },
      { path: '^src-', pathNot: '^src-broker/(client|base|records|protocol)/' },
    ),
    forbidden(
      'broker-knows-no-host',
      { path: '^src-broker/' },
      { path: ['^src-(main|renderer)/', '^node_modules/electron/'] },
    ),

    forbidden(
      'host-uses-the-cluster-by-its-front-door',
      { path: '^src-main/' },
      {
        path: '^src-broker/',
        pathNot: '^src-broker/(runtime/cluster-host[.]ts$|(client|protocol|records|faults|base)/)',
      },
    ),
    forbidden(
      'only-the-shell-knows-electron',
      { path: '^src-main/', pathNot: '^src-main/(main|preload|window|menu|page-protocol)[.]ts$' },
      { path: '^node_modules/electron/' },
    ),
    forbidden('host-knows-no-renderer', { path: '^src-main/' }, { path: '^src-renderer/' }),
    forbidden('contract-stands-alone', { path: '^src-main/contract/' }, { pathNot: '^src-main/contract/' }),

    forbidden(
      'renderer-sees-the-contract-only',
      { path: '^src-renderer/' },
      { path: '^src-(broker|main)/', pathNot: '^src-main/contract/' },
    ),
    forbidden('renderer-knows-no-node', { path: '^src-renderer/' }, { dependencyTypes: ['core'] }),
    forbidden(
      'a-feature-imports-no-other-feature',
      { path: '^src-renderer/features/([^/]+)/' },
      { path: '^src-renderer/(views|features)/', pathNot: '^src-renderer/features/$1/' },
    ),
    forbidden(
      'ui-knows-no-domain',
      { path: '^src-renderer/(ui|lib)/' },
      { path: '^src-renderer/(features|views|state|api)/' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.svelte'],
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'browser', 'import', 'types', 'default'],
    },
  },
}
