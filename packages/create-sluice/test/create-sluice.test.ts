import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isNodeNewEnough } from '../src/create-command.ts'

const main = join(import.meta.dirname, '../src/main.ts')

describe('create-sluice', () => {
  let folder = ''

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-create-')))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const run = (...args: readonly string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [main, ...args], { cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      )
    })

  it('makes a scheme, its names in every form that is needed', async () => {
    const { code, stdout } = await run('scheme', 'rate-of-fire', '--package', '@acme/fire', '--number', '2300')
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^Made scheme-rate-of-fire:\n[\s\S]*\n {2}cd scheme-rate-of-fire\n {2}npm install\n {2}npm test\n$/,
    )
    const made = join(folder, 'scheme-rate-of-fire')
    const files = await readdir(made, { recursive: true, withFileTypes: true })
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
    assert.ok(paths.some((path) => path.endsWith('/rate-of-fire.proto')))
    for (const path of paths) {
      const text = await readFile(path, 'utf8')
      assert.doesNotMatch(path + text, /\{\{|\.template/, path)
    }
    const read = (path: string) => readFile(join(made, path), 'utf8')
    assert.match(await read('rate-of-fire.proto'), /CmdRateOfFireRead cmd_rate_of_fire_read = 2300;/)
    assert.match(await read('src/errors.ts'), /'RATE_OF_FIRE_READ_FAILED', \{ reply: 2300 \}/)
    assert.equal(JSON.parse(await read('package.json')).name, '@acme/fire')
  })

  it('makes a plugin where it is told to', async () => {
    const { code } = await run('plugin', 'only-team', 'here')
    assert.equal(code, 0)
    const { name } = JSON.parse(await readFile(join(folder, 'here/package.json'), 'utf8'))
    assert.equal(name, 'plugin-only-team')
  })

  it('leaves what is there', async () => {
    await writeFile(join(folder, 'file'), '')
    const { code, stderr } = await run('plugin', 'any', '.')
    assert.deepEqual([code, stderr], [1, `${folder} is not empty; nothing was written. Name another folder\n`])
  })

  it('knows which Node is too old', () => {
    assert.deepEqual(['20.20.2', '24.10.0', '24.11.0', '26.0.0'].map(isNodeNewEnough), [false, false, true, true])
  })

  it('says what cannot be', async () => {
    const refused = async (...args: readonly string[]) => {
      const { code, stderr } = await run(...args)
      return [code, stderr.split('\n')[0]]
    }
    assert.deepEqual(await refused('scheme', 'Foo'), [
      1,
      'Foo cannot be the name of a scheme: write small letters, digits and single dashes, such as my-scheme',
    ])
    assert.match(String((await refused('scheme', 'a', '--number', '40'))[1]), /^40 cannot be the number of a command/)
    assert.match(
      String((await refused('scheme', 'a', '--number', '19500'))[1]),
      /^19500 is a number that protobuf keeps/,
    )
    assert.match(String((await refused('scheme', 'a', '--colour', 'red'))[1]), /--colour/)
    assert.deepEqual(await refused('shceme', 'a'), [
      2,
      'Usage: create-sluice <scheme|plugin> <name> [folder] [--package <name>] [--number <first>]',
    ])
    assert.equal((await run('--help')).code, 0)
  })
})
