import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ALLOWED,
  cycles,
  findMachineNames,
  findViolations,
  findWithoutContract,
  importsOf,
} from '../checks/boundaries.ts'

const manifest = (name: string, fields: object = {}) => ({
  path: `packages/${name}/package.json`,
  text: JSON.stringify({ name: `@sluice/${name}`, ...fields }),
})
const source = (path: string, text: string) => ({ path: `packages/${path}`, text })

describe('importsOf', () => {
  it('finds every form of import, and tells types apart', () => {
    const text = `
import { a } from './a.ts'
import type { B } from './b.ts'
import {
  c,
  type D,
} from '@sluice/spi'
import './side-effect.ts'
export { e } from './e.ts'
export type { F } from './f.ts'
const g = await import('./g.ts')
// import { no } from './commented.ts'
/* import { no } from './commented.ts' */
`
    assert.deepEqual(
      importsOf(text).map(({ specifier, typeOnly }) => `${specifier}${typeOnly ? ' type' : ''}`),
      ['./a.ts', './b.ts type', '@sluice/spi', './side-effect.ts', './e.ts', './f.ts type', './g.ts'],
    )
  })
})

describe('findViolations', () => {
  it('has nothing against what is allowed', () => {
    const files = [
      manifest('core', { dependencies: { '@sluice/spi': 'workspace:*', ajv: 'catalog:' } }),
      manifest('server', { devDependencies: { '@sluice/testkit': 'workspace:*' } }),
      source('core/src/a.ts', "import { x } from '@sluice/spi'\nimport { b } from './deep/b.ts'"),
      source('core/src/deep/b.ts', "import type { A } from '../a.ts'"),
      source('plugin-kafka-proxy/src/index.ts', "import { key } from '@sluice/scheme-kafka/context'"),
    ]
    assert.deepEqual(findViolations(files), [])
  })

  const violations: readonly [what: string, file: { path: string; text: string }, message: RegExp][] = [
    ['a package without a row', manifest('stranger'), /package stranger has no row/],
    [
      'a dependency that the table does not list',
      manifest('core', { dependencies: { '@sluice/server': 'workspace:*' } }),
      /core may not depend on @sluice\/server$/,
    ],
    [
      'a development dependency beyond testkit, harness and bench',
      manifest('spi', { devDependencies: { '@sluice/core': 'workspace:*' } }),
      /spi may not depend on @sluice\/core, not for its tests either/,
    ],
    ['an import against the arrows', source('spi/src/a.ts', "import { x } from '@sluice/core'"), /spi may not import/],
    [
      'an import of a type against the arrows',
      source('spi/src/a.ts', "import type { X } from '@sluice/core'"),
      /spi may not import @sluice\/core/,
    ],
    [
      'a concrete scheme outside the gateway',
      source('server/src/a.ts', "import kafka from '@sluice/scheme-kafka'"),
      /server may not import @sluice\/scheme-kafka/,
    ],
    [
      'more of a scheme than its context',
      source('plugin-kafka-proxy/src/a.ts', "import kafka from '@sluice/scheme-kafka'"),
      /plugin-kafka-proxy may not import @sluice\/scheme-kafka/,
    ],
    ['testkit in what ships', source('core/src/a.ts', "await import('@sluice/testkit')"), /core may not import/],
    [
      "another package's sources",
      source('core/src/a.ts', "import { x } from '@sluice/spi/src/errors.ts'"),
      /reaches into another package's files/,
    ],
    [
      'a way around the package name',
      source('core/src/a.ts', "import { x } from '../../spi/src/errors.ts'"),
      /reaches out of the package/,
    ],
  ]
  for (const [what, file, message] of violations) {
    it(`finds ${what}`, () => {
      const found = findViolations([file])
      assert.equal(found.length, 1, found.join('\n'))
      assert.match(found[0] ?? '', message)
    })
  }

  it('finds files that import each other in a circle', () => {
    const files = [
      source('core/src/a.ts', "import { b } from './b.ts'"),
      source('core/src/b.ts', "export { c } from './c.ts'"),
      source('core/src/c.ts', "import { a } from './a.ts'"),
    ]
    assert.deepEqual(findViolations(files), [
      'files import each other in a circle: packages/core/src/a.ts -> packages/core/src/b.ts -> packages/core/src/c.ts -> packages/core/src/a.ts',
    ])
  })

  it('finds a circle in the table itself', () => {
    const found = findViolations([], { ...ALLOWED, spi: ['core'] })
    assert.ok(
      found.some((line) => line.includes('spi -> core -> spi')),
      found.join('\n'),
    )
  })
})

describe('cycles', () => {
  it('finds a node that names itself, and nothing in a diamond', () => {
    assert.deepEqual(cycles(new Map([['a', ['a']]])), [['a', 'a']])
    const diamond = [['a', ['b', 'c']] as const, ['b', ['d']] as const, ['c', ['d']] as const]
    assert.deepEqual(cycles(new Map<string, readonly string[]>(diamond)), [])
  })
})

describe('findMachineNames', () => {
  const find = (text: string) => findMachineNames([{ path: 'docs/a.md', text }], ['/builds/sluice/'])

  it('finds folders of a machine and hosts of registries', () => {
    const lines = [
      'see /builds/sluice/x',
      'in "/home/someone/x"',
      `https://registry.${'npm'}${'js'}.org/x`,
      '/root/.npmrc',
    ]
    for (const line of lines) assert.equal(find(`first line\n${line}`).length, 1, line)
    assert.match(find('first\n/root/.npmrc')[0] ?? '', /^docs\/a\.md:2: names \/root\//)
  })

  it('lets everything else be', () => {
    for (const line of ['packages/home/a.ts', 'https://example.com/root/', '/apisix/admin/routes', '{base}/home/']) {
      assert.deepEqual(find(line), [], line)
    }
  })
})

describe('findWithoutContract', () => {
  it('finds schemes and plugins that do not run the contract of their kind', () => {
    const files = [
      manifest('core'),
      manifest('scheme-a'),
      source('scheme-a/test/contract.test.ts', 'schemeContract(a)'),
      manifest('plugin-b'),
      source('plugin-b/test/contract.test.ts', 'schemeContract(b)'),
      manifest('scheme-c'),
    ]
    assert.deepEqual(findWithoutContract(files), [
      'plugin-b: test/contract.test.ts has to run pluginContract',
      'scheme-c: test/contract.test.ts has to run schemeContract',
    ])
  })
})
