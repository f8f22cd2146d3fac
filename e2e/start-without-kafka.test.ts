import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { cleanUpAfter, repositoryRoot } from '@sluice/harness'

const run = promisify(execFile)

describe('npm start -- --without-kafka', () => {
  it('reads a topic in memory, by the commands that it shows', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-start-'))
    cleanUpAfter(t).defer(() => rm(folder, { recursive: true, force: true }))
    // Neither Java nor a broker is looked for.
    const env = { ...process.env, SLUICE_CACHE_DIR: folder, JAVA_HOME: '/nowhere', KAFKA_BROKERS: '' }
    const script = join(repositoryRoot, 'scripts/start.mjs')
    const { stdout } = await run(process.execPath, [script, '--without-kafka', '--once'], { env })
    assert.match(stdout, /"scheme":"memory"/)
    assert.match(stdout, /\n +0 {2}\S+Z {4}Hello from memory\n/)
    assert.match(stdout, /\n +4 {2}\S+Z {4}in one command\n/)
  })
})
