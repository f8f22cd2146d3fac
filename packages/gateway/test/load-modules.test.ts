import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin, type Scheme } from '@sluice/spi'
import { Type } from 'typebox'
import { loadModules } from '../src/load-modules.ts'
import { selectPlugins } from '../src/start/select-plugins.ts'

const scheme: Scheme = {
  kind: 'scheme',
  name: 'fake',
  options: Type.Object({}),
  usage: 'connect with a fake client',
  create: () => {
    throw new Error('not used')
  },
}

const plugin = definePlugin({
  name: 'fake-auth',
  priority: 1,
  config: Type.Object({}),
  secrets: [],
  create: () => ({}),
})

const modules = new Map<string, unknown>([
  ['@acme/scheme-fake', { default: scheme }],
  ['@acme/plugin-fake', { default: plugin }],
  ['@acme/plugin-other', { default: { ...plugin, name: 'other-auth' } }],
  ['@acme/nothing', {}],
])

async function importModule(name: string): Promise<unknown> {
  if (!modules.has(name)) throw new Error(`Cannot find package '${name}'`)
  return modules.get(name)
}

test('schemes and plugins are loaded by the names of their packages', async () => {
  const registry = await loadModules({ schemes: ['@acme/scheme-fake'], plugins: ['@acme/plugin-fake'] }, importModule)
  assert.equal(registry.schemes.get('fake'), scheme)
  assert.equal(registry.plugins.get('fake-auth'), plugin)
})

test('a package that cannot be used is named', async () => {
  const load = (schemes: string[], plugins: string[]) => loadModules({ schemes, plugins }, importModule)
  await assert.rejects(load(['@acme/absent'], []), {
    code: 'MODULE_UNUSABLE',
    message: "cannot load the scheme @acme/absent: Cannot find package '@acme/absent'",
  })
  await assert.rejects(load(['@acme/plugin-fake'], []), {
    message: 'cannot load the scheme @acme/plugin-fake: its default export is not a scheme; see @sluice/spi',
  })
  await assert.rejects(load([], ['@acme/nothing']), {
    message: 'cannot load the plugin @acme/nothing: its default export is not a plugin; see @sluice/spi',
  })
  await assert.rejects(load([], ['@acme/plugin-fake', '@acme/plugin-fake']), /two plugins are named fake-auth/)
})

test('the configuration chooses among the plugins that are installed', async () => {
  const names = { schemes: [], plugins: ['@acme/plugin-fake', '@acme/plugin-other'] }
  const registry = await loadModules(names, importModule)
  const select = (wanted: readonly string[] | undefined) => selectPlugins(registry, wanted)
  assert.deepEqual([...select(undefined).plugins.keys()], ['fake-auth', 'other-auth'])
  assert.deepEqual([...select(['other-auth']).plugins.keys()], ['other-auth'])
  assert.deepEqual([...select([]).plugins.keys()], [])
})
