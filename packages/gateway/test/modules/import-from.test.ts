import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { importFrom } from '../../src/modules/import-from.ts'

let folder = ''

async function put(path: string, text: string): Promise<void> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

const manifest = (more: object) => JSON.stringify({ name: '@acme/p', type: 'module', ...more })

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-import-')))
  await put('etc/sluice/sluice.yaml', '')
  await put('etc/node_modules/@acme/p/package.json', manifest({ exports: { '.': { import: './index.js' } } }))
  await put('etc/node_modules/@acme/p/index.js', 'export default "installed"')
  await put('source/package.json', manifest({ name: '@acme/source', exports: './src/index.ts' }))
  await put('source/src/index.ts', 'const text: string = "typescript"\nexport default text')
  await put('plain/package.json', manifest({ name: 'plain', main: 'main.js' }))
  await put('plain/main.js', 'export default "main"')
  await put('etc/sluice/plugins/one.ts', 'export default "one" as const')
  await put('etc/node_modules/throws/package.json', manifest({ name: 'throws', exports: './index.js' }))
  await put('etc/node_modules/throws/index.js', 'throw new RangeError("no good")')
  await put('etc/node_modules/needy/package.json', manifest({ name: 'needy', exports: './index.js' }))
  await put('etc/node_modules/needy/index.js', 'import "not-there"')
  await symlink(join(folder, 'source'), join(folder, 'etc/node_modules/linked'))
})
after(() => rm(folder, { recursive: true, force: true }))

const load = async (specifier: string) => {
  const { module, root } = await importFrom(specifier, join(folder, 'etc/sluice'))
  assert.ok(typeof module === 'object' && module !== null && 'default' in module)
  return [module.default, root.slice(folder.length)]
}

test('a package is found from the folder of the configuration file, built or in TypeScript', async () => {
  assert.deepEqual(await load('@acme/p'), ['installed', '/etc/node_modules/@acme/p'])
  assert.deepEqual(await load('linked'), ['typescript', '/source'])
  assert.deepEqual(await load('../../source'), ['typescript', '/source'])
  assert.deepEqual(await load(join(folder, 'plain')), ['main', '/plain'])
  assert.equal((await load('./plugins/one.ts'))[0], 'one')
})

test('what is not there is looked for where the gateway is installed', async () => {
  const [value] = await load('@sluice/plugin-key-auth')
  assert.ok(typeof value === 'object')
})

test('what cannot be imported is rejected with its reason', async () => {
  await assert.rejects(load('@acme/absent'), /Cannot find package '@acme\/absent' imported from .*sluice/)
  await assert.rejects(load('throws'), { name: 'RangeError', message: 'no good' })
  await assert.rejects(load('needy'), /Cannot find package 'not-there'/)
  await assert.rejects(load('./nowhere'), { code: 'ENOENT' })
})
