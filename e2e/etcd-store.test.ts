import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ConfigStore } from '@sluice/core'
import { cleanUpAfter, type EtcdHandle, requireTool, startEtcd, startProcess } from '@sluice/harness'
import { type EtcdStoreOptions, openEtcdStore } from '@sluice/store-etcd'
import { testConfigStore } from '../packages/core/test/support/config-store-contract.ts'

const { skip } = requireTool('etcd')
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
let etcd: EtcdHandle | undefined
let prefixes = 0

before(async () => {
  if (skip === false) etcd = await startEtcd()
})
after(() => etcd?.stop())

async function openStore(options: Partial<EtcdStoreOptions> = {}): Promise<ConfigStore> {
  const hosts = etcd?.urls ?? []
  return openEtcdStore({ hosts, prefix: `/test-${++prefixes}`, timeoutMs: 5000, log: quiet, ...options })
}

testConfigStore('etcd', () => openStore(), { skip, ownClock: true })

test('keys and values are those of APISIX', { skip }, async (t) => {
  const store = await openStore({ prefix: '/layout' })
  cleanUpAfter(t).defer(() => store.close())
  await store.transact([], [{ kind: 'put', key: '/routes/1', value: { uri: '/a', id: '1' } }])
  assert.equal(await etcd?.get('/layout/routes/1'), '{"uri":"/a","id":"1"}')
})

test('close leaves nothing open: the process ends', { skip }, async () => {
  const program = fileURLToPath(new URL('./support/use-etcd-store.ts', import.meta.url))
  const running = await startProcess(process.execPath, [program, etcd?.urls[0] ?? ''])
  const { code } = await running.exited
  assert.deepEqual([code, running.output], [0, 'closed'])
})
