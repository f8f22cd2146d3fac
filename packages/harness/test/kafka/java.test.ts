import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { findJava } from '../../src/kafka/java.ts'

describe('findJava', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-java-'))
    await mkdir(join(folder, 'bin'))
    await writeFile(join(folder, 'bin/java'), '#!/bin/sh\n', { mode: 0o755 })
  })
  after(() => rm(folder, { recursive: true }))

  it('takes that of JAVA_HOME before that of the PATH', () => {
    assert.equal(findJava({ JAVA_HOME: folder, PATH: '/nowhere' }), join(folder, 'bin/java'))
    assert.equal(findJava({ PATH: `/nowhere:${folder}/bin` }), join(folder, 'bin/java'))
  })

  it('says what it looked for and what to do without', () => {
    assert.throws(() => findJava({ PATH: '/nowhere' }), {
      code: 'TESTKIT_JAVA_MISSING',
      message:
        /java is not on the PATH, and JAVA_HOME is not set[\s\S]*docs\/compose\.yaml[\s\S]*KAFKA_BROKERS=host:port/,
    })
    assert.throws(
      () => findJava({ JAVA_HOME: '/nowhere', PATH: '/nowhere' }),
      /JAVA_HOME is \/nowhere, and there is no/,
    )
  })
})
