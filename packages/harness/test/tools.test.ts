import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { requirePythonProtobuf, requireTool, ToolMissing } from '../src/tools.ts'

describe('requireTool', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-tools-'))
    for (const name of ['kcat', 'google-chrome']) await writeFile(join(folder, name), '#!/bin/sh\n', { mode: 0o755 })
    await writeFile(join(folder, 'protoc'), 'not executable')
    await chmod(join(folder, 'protoc'), 0o644)
  })
  after(() => rm(folder, { recursive: true }))

  it('finds a tool on the PATH, under its other names too', () => {
    const env = { PATH: `/nowhere:${folder}` }
    assert.deepEqual(requireTool('kcat', env), { path: join(folder, 'kcat'), skip: false })
    assert.deepEqual(requireTool('chromium', env), { path: join(folder, 'google-chrome'), skip: false })
  })

  it('finds a tool that was built in the cache folder', async () => {
    const cache = join(folder, 'cache')
    await mkdir(join(cache, 'bin'), { recursive: true })
    const path = join(cache, 'bin', 'toxiproxy-server')
    await writeFile(path, '#!/bin/sh\n', { mode: 0o755 })
    assert.deepEqual(requireTool('toxiproxy-server', { PATH: folder, SLUICE_CACHE_DIR: cache }), { path, skip: false })
  })

  it('gives the reason to skip where it is missing or cannot be run', () => {
    assert.deepEqual(requireTool('protoc', { PATH: folder }), { path: 'protoc', skip: 'protoc is not installed' })
    assert.equal(requireTool('kcat', {}).skip, 'kcat is not installed')
  })

  it('throws where everything is required', () => {
    assert.throws(() => requireTool('protoc', { PATH: folder, REQUIRE_ALL: '1' }), ToolMissing)
  })
})

describe('requirePythonProtobuf', () => {
  it('takes the Python of the cache folder if it can import protobuf', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-python-'))
    t.after(() => rm(folder, { recursive: true }))
    const python = join(folder, 'python3')
    await writeFile(python, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
    assert.equal(requirePythonProtobuf({ PATH: folder, SLUICE_CACHE_DIR: '/nowhere' }).path, python)
  })
})
