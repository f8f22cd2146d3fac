import assert from 'node:assert/strict'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMetrics } from '../../src/metrics.ts'
import { createSurviveFault } from '../../src/modules/survive-fault.ts'
import { createRecordedLog } from '../support/recorded-log.ts'

test('what nothing caught in a package of the configuration is survived, counted and named', async (t) => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'sluice-fault-')))
  t.after(() => rm(root, { recursive: true, force: true }))
  const file = join(root, 'fails.mjs')
  await writeFile(file, 'export const fail = () => new TypeError("a bug")\nexport const call = (work) => work()')
  const { call, fail } = await import(file)
  const metrics = createMetrics()
  t.after(metrics.close)
  const log = createRecordedLog()
  const added = [{ name: 'foo', kind: 'plugin', package: '@acme/plugin-foo', root } as const]
  const survives = createSurviveFault(added, { log, metrics: metrics.metrics })
  assert.ok(survives(fail()))
  assert.ok(survives(call(() => new RangeError('thrown by us, called by it'))))
  assert.ok(survives('a text that was thrown'))
  assert.ok(!survives(new TypeError('a bug of the gateway')))
  assert.equal(log.lines.length, 3)
  const family = (await metrics.collect()).find(({ name }) => name === 'sluice_plugin_failures_total')
  assert.match(JSON.stringify(family), /"plugin":"foo"/)
  const alone = createSurviveFault([], { log, metrics: metrics.metrics })
  assert.ok(!alone(fail()))
  assert.ok(!alone('a text'))
})
