import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin, type FieldNumbers, type Scheme, spiVersion } from '@sluice/spi'
import { type TObject, Type } from 'typebox'
import type { ImportFrom } from '../../src/modules/import-from.ts'
import { type LoadOptions, loadModules } from '../../src/modules/load-modules.ts'
import type { ModuleSource } from '../../src/modules/module-source.ts'
import { selectPlugins } from '../../src/start/select-plugins.ts'

const nothing = Type.Object({})
const broken = Type.Object({ depth: Type.String({ pattern: '(' }) })

const scheme = (name: string, more: Partial<Scheme> = {}): Scheme => ({
  kind: 'scheme',
  spi: spiVersion,
  name,
  options: nothing,
  usage: 'connect with a fake client',
  create: () => {
    throw new Error('not used')
  },
  ...more,
})

const speaking = (name: string, commands: FieldNumbers, answers: FieldNumbers = {}) =>
  scheme(name, { protocol: { commands, answers, descriptor: {} } })

const plugin = (name: string, priority: number, config: TObject = nothing) =>
  definePlugin({ name, priority, config, secrets: [], create: () => ({}) })

const modules = new Map<string, unknown>([
  ['@acme/scheme-foo', { default: scheme('foo') }],
  ['@acme/scheme-odd', { default: scheme('odd', { options: broken }) }],
  ['@acme/scheme-new', { default: scheme('new', { spi: '2.0' }) }],
  ['@acme/scheme-newer', { default: scheme('newer', { spi: '1.7' }) }],
  ['@acme/scheme-old', { default: scheme('old', { spi: '0.9' }) }],
  ['@acme/scheme-bare', { default: { kind: 'scheme', name: 'bare' } }],
  ['@acme/scheme-log', { default: speaking('log', { cmd_ping: 32, cmd_read: 2000 }) }],
  ['@acme/scheme-same', { default: speaking('same', { cmd_ping: 32, cmd_read: 2000 }, { read_resp: 2001 }) }],
  ['@acme/scheme-clash', { default: speaking('clash', { cmd_ping: 32, cmd_write: 2000 }) }],
  ['@acme/scheme-low', { default: speaking('low', { cmd_ping: 32 }, { low_resp: 1500 }) }],
  ['@sluice/scheme-ours', { default: speaking('ours', { cmd_ping: 32 }, { ours_resp: 1500 }) }],
  ['@acme/plugin-foo', { default: plugin('foo', 10) }],
  ['@acme/plugin-bar', { default: plugin('bar', 20) }],
  ['@acme/plugin-twin', { default: plugin('twin', 10) }],
  ['@acme/plugin-odd', { default: plugin('odd', 30, broken) }],
  ['@acme/nothing', {}],
])

const importFrom: ImportFrom = async (name) => {
  if (name === '@acme/slow') return new Promise(() => {})
  if (!modules.has(name)) throw new Error(`Cannot find package '${name}'`)
  return { module: modules.get(name), root: `/packages/${name}` }
}

const added = (kind: ModuleSource['kind'], name: string, specifier: string, optional = false): ModuleSource => ({
  kind,
  package: specifier,
  added: { name, folder: '/etc/sluice', optional },
})
const addedScheme = (name: string) => added('scheme', name, `@acme/scheme-${name}`)
const addedPlugin = (name: string) => added('plugin', name, `@acme/plugin-${name}`)

const load = (sources: readonly ModuleSource[], options: LoadOptions = {}) =>
  loadModules(sources, { importFrom, ...options })

/** What is said of a module that cannot be used. */
async function faultOf(...sources: readonly ModuleSource[]): Promise<string> {
  try {
    await load(sources, { timeoutMs: 20 })
  } catch (error) {
    assert.ok(error instanceof Error)
    return error.message
  }
  assert.fail('it can be used')
}

test('schemes and plugins are loaded by the names of their packages', async () => {
  const { added, missing, registry } = await load([
    { kind: 'scheme', package: '@acme/scheme-foo' },
    addedPlugin('foo'),
    addedPlugin('bar'),
  ])
  assert.equal(registry.schemes.get('foo')?.name, 'foo')
  assert.deepEqual([...registry.plugins.keys()], ['foo', 'bar'])
  assert.deepEqual(
    added.map(({ kind, name, root }) => [kind, name, root]),
    [
      ['plugin', 'foo', '/packages/@acme/plugin-foo'],
      ['plugin', 'bar', '/packages/@acme/plugin-bar'],
    ],
  )
  assert.deepEqual(missing, [])
})

test('a package that cannot be used is named with what to do', async () => {
  const cases: readonly (readonly [readonly ModuleSource[], RegExp | string])[] = [
    [[addedScheme('absent')], "cannot load the scheme @acme/scheme-absent: Cannot find package '@acme/scheme-absent'"],
    [[added('scheme', 'slow', '@acme/slow')], 'cannot load the scheme @acme/slow: it did not load within 20 ms'],
    [
      [added('scheme', 'foo', '@acme/plugin-foo')],
      'cannot load the scheme @acme/plugin-foo: its default export is not a scheme; see @sluice/spi',
    ],
    [
      [added('plugin', 'x', '@acme/nothing')],
      'cannot load the plugin @acme/nothing: its default export is not a plugin; see @sluice/spi',
    ],
    [
      [added('scheme', 'fo', '@acme/scheme-foo')],
      'cannot load the scheme @acme/scheme-foo: it is the scheme foo, and the configuration calls it fo: write foo there',
    ],
    [[addedScheme('odd')], /scheme-odd: its schema cannot be used: Invalid regular expression/],
    [[addedPlugin('odd')], /plugin-odd: its schema cannot be used: Invalid regular expression/],
    [
      [addedScheme('new')],
      'cannot load the scheme @acme/scheme-new: it was made for version 2.0 of the SPI, and this gateway has 1.0: install a newer gateway',
    ],
    [[addedScheme('newer')], /version 1\.7 of the SPI, and this gateway has 1\.0: install a newer gateway/],
    [[addedScheme('old')], /version 0\.9 of the SPI, and this gateway has 1\.0: install a newer version of it/],
    [[addedScheme('bare')], /it does not say for which version of the SPI it was made: make it with @sluice\/spi 1\.0/],
    [[addedPlugin('foo'), addedPlugin('foo')], /there is a plugin foo already: leave one of them out/],
    [[addedPlugin('foo'), addedPlugin('twin')], /its priority 10 is that of the plugin foo/],
    [
      [addedScheme('log'), addedScheme('clash')],
      /its cmd_write has the number 2000, which is that of cmd_read of the scheme log: take another one/,
    ],
    [[addedScheme('log'), addedScheme('low')], /its low_resp has the number 1500, and those below 2000 are not for/],
  ]
  for (const [sources, expected] of cases) {
    const fault = await faultOf(...sources)
    if (typeof expected === 'string') assert.equal(fault, expected)
    else assert.match(fault, expected)
  }
})

test('protocols that mean the same by a number go together', async () => {
  const { registry } = await load([
    { kind: 'scheme', package: '@sluice/scheme-ours' },
    addedScheme('log'),
    addedScheme('same'),
  ])
  assert.deepEqual([...registry.schemes.keys()], ['ours', 'log', 'same'])
})

test('all that cannot be used is told at once', async () => {
  await assert.rejects(load([addedScheme('absent'), addedPlugin('foo'), addedScheme('old')]), {
    code: 'MODULES_UNUSABLE',
    message: /scheme-absent.*\n.*scheme-old/,
  })
})

test('an optional package that cannot be used is left out', async () => {
  const { missing, registry } = await load([
    added('scheme', 'absent', '@acme/scheme-absent', true),
    addedPlugin('foo'),
    added('plugin', 'twin', '@acme/plugin-twin', true),
  ])
  assert.deepEqual([...registry.plugins.keys()], ['foo'])
  assert.deepEqual(
    missing.map(({ message }) => message.split(':')[0]),
    ['cannot load the scheme @acme/scheme-absent', 'cannot load the plugin @acme/plugin-twin'],
  )
})

test('the schemas of what ships are looked at when asked for', async () => {
  const odd: ModuleSource = { kind: 'plugin', package: '@acme/plugin-odd' }
  assert.ok((await load([odd])).registry.plugins.has('odd'))
  await assert.rejects(load([odd], { checkAll: true }), /plugin-odd: its schema cannot be used/)
})

test('the configuration chooses among the plugins that ship, and keeps those that it adds', async () => {
  const loaded = await load([
    { kind: 'plugin', package: '@acme/plugin-foo' },
    { kind: 'plugin', package: '@acme/plugin-bar' },
  ])
  const select = (wanted: readonly string[] | undefined) => [...selectPlugins(loaded, wanted).plugins.keys()]
  assert.deepEqual(select(undefined), ['foo', 'bar'])
  assert.deepEqual(select(['bar']), ['bar'])
  assert.deepEqual(select([]), [])
  const more = await load([{ kind: 'plugin', package: '@acme/plugin-foo' }, addedPlugin('bar')])
  assert.deepEqual([...selectPlugins(more, []).plugins.keys()], ['bar'])
})
