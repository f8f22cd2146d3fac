import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { takeDemoLock } from '../src/demo-lock.ts'

test('one demonstration at a time has the folder, which is made where it is not there', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'sluice-demo-'))
  t.after(() => rm(parent, { recursive: true }))
  const folder = join(parent, 'demo')
  const first = takeDemoLock(folder)
  assert.throws(() => takeDemoLock(folder), {
    message:
      'another npm start is running from this checkout: use that one, or stop it (Ctrl-C in its terminal) and try again',
  })
  first.release()
  first.release()
  takeDemoLock(folder).release()
})
