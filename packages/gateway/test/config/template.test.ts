import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config/load.ts'
import { configReference } from '../../src/config/reference.ts'
import { configTemplate } from '../../src/config/template.ts'

const key = 'a-key-that-is-long-enough'

function read(text: string) {
  return readConfig(
    { text, name: 'sluice.yaml', folder: '/x' },
    { environment: { SLUICE_ADMIN_KEY: key, SLUICE_ETCD_PASSWORD: key } },
  ).settings
}

test('the written configuration means the defaults', () => {
  assert.deepEqual(read(configTemplate()), read(''))
})

test('the examples in the written configuration are correct once uncommented', () => {
  const uncommented = configTemplate().replaceAll(/^(\s*)#(?! \S)/gm, '$1')
  const settings = read(uncommented)
  assert.deepEqual(settings.admin.keys, [{ name: 'ops', key, role: 'admin' }])
  assert.deepEqual(settings.plugins, ['kafka-proxy'])
  const provider = 'config_provider: embedded'
  const { store } = read(uncommented.replace(provider, 'config_provider: etcd'))
  assert.ok(store.kind === 'etcd')
  assert.deepEqual([store.user, store.password, store.tls.sni], ['sluice', key, 'etcd.example'])
})

test('the written configuration explains every key and fits a terminal', () => {
  const lines = configTemplate().split('\n')
  for (const [index, line] of lines.entries()) {
    assert.ok(line.length <= 100, line)
    if (/^ *#?[a-z_]+:/.test(line) && !/^ *#? +(name|key|role|port):/.test(line))
      assert.match(lines[index - 1] ?? '', /^ *# \S/, line)
  }
})

test('the reference has one row for each key', () => {
  const rows = configReference().trimEnd().split('\n')
  assert.equal(
    rows.find((row) => row.includes('`deployment.admin.admin_listen.port`')),
    '| `deployment.admin.admin_listen.port` | integer from 0 to 65535 | `9180` | TCP port; 0 takes a free one and logs it. |',
  )
  assert.equal(
    rows.find((row) => row.includes('`deployment.admin.admin_key[].key`')),
    '| `deployment.admin.admin_key[].key` | text that is not empty | required | The value of the `X-API-KEY` header. |',
  )
  const keys = rows.slice(2).map((row) => row.split('`')[1])
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(rows.every((row) => row.split(/(?<!\\)\|/).length === 6))
})
