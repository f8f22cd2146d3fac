/** A process that opens the store at the URL of its argument, uses it, closes it, and ends when nothing is left open. */
import { openEtcdStore } from '@sluice/store-etcd'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const hosts = [process.argv[2] ?? '']
const store = await openEtcdStore({ hosts, prefix: '/closing', timeoutMs: 60_000, log: quiet })
const { revision } = await store.snapshot()
await store.watch(revision, () => {})
await store.transact([], [{ kind: 'put', key: '/routes/1', value: {}, ttlSeconds: 60 }])
await store.close()
process.stdout.write('closed')
