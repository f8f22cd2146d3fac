/** A process that writes to the store named by its argument without end, and prints each revision once it is acknowledged. */
import { openSqliteStore } from '../../src/index.ts'

const store = await openSqliteStore({ file: process.argv[2] ?? '' })
for (let i = 1; ; i++) {
  const padding = 'x'.repeat(i % 5000)
  const { revision } = await store.transact([], [{ kind: 'put', key: `/routes/${i}`, value: { i, padding } }])
  process.stdout.write(`${revision}\n`)
}
