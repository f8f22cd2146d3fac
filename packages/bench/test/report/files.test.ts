import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UsageError } from '../../src/options.ts'
import { readProfile, readResults } from '../../src/report/files.ts'

test('a file that is not what was asked for is refused in one line that names it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'file.json')
  await assert.rejects(readResults(file), (error) => error instanceof UsageError && error.message.includes(file))
  for (const [text, why] of [
    ['{', 'Expected property name'],
    ['null', 'it has no startedAt'],
    ['{"startedAt":"2026-01-01"}', 'it has no sections'],
  ] as const) {
    await writeFile(file, text)
    await assert.rejects(readResults(file), (error) => {
      assert.ok(error instanceof UsageError)
      assert.ok(error.message.startsWith(`${file} is not the results of a run: ${why}`), error.message)
      return true
    })
  }
  await writeFile(file, '{"nodes":[],"samples":[]}')
  await assert.rejects(readProfile(file), new UsageError(`${file} is not a CPU profile: it has no timeDeltas`))
})
