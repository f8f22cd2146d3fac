import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batch, ClusterBed, until } from './support/cluster-bed.ts'
import { writeFetch } from './support/fake-cluster.ts'

const bed = new ClusterBed()
const COMMANDS = 64

/** Answers what is held, and what comes from now on; gives what was asked for, in the order in which it was sent. */
function serve(): string[] {
  const order: string[] = []
  bed.fake.onFetch = ({ partition, offset }) => {
    order.push(`${partition}/${offset}`)
    return { highWatermark: 1000n, records: batch(offset, 'x') }
  }
  for (const held of bed.fake.held.splice(0)) {
    const [asked] = bed.fake.asksOf.get(held) ?? []
    assert.ok(asked)
    const { partition, offset } = asked
    order.push(`${partition}/${offset}`)
    held.answer((writer) => writeFetch(writer, { partition, highWatermark: 1000n, records: batch(offset, 'x') }))
  }
  return order
}

for (const partition of [0, 1]) {
  test(`${COMMANDS} commands of one client do not hold up another at partition ${partition}`, async () => {
    bed.fake.partitionCount = 2
    await bed.list(-1n)
    bed.fake.onFetch = () => 'hold'
    const [greedy, modest] = [{}, {}]
    const many = Array.from({ length: COMMANDS }, (_, offset) => bed.fetch({ asker: greedy, offset: BigInt(offset) }))
    await until(() => bed.fake.held.length >= 16)
    const one = bed.fetch({ asker: modest, partition, offset: 500n })
    const order = serve()
    await Promise.all([...many, one])
    assert.equal(order.length, COMMANDS + 1)
    const behind = order.length - 1 - order.indexOf(`${partition}/500`)
    assert.ok(behind >= COMMANDS / 4, `only ${behind} of the other's went after it`)
  })
}
