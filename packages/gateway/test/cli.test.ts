import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { configTemplate } from '../src/config/template.ts'
import { readVersion } from '../src/version.ts'

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

function sluice(folder: string, ...args: readonly string[]): Promise<Outcome> {
  const env = { PATH: process.env.PATH }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, ...args], { cwd: folder, env }, (_error, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err })
    })
  })
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('--version and --help answer on standard output', async (t) => {
  const folder = await temporaryFolder(t)
  assert.deepEqual(await sluice(folder, '--version'), { code: 0, out: `sluice ${readVersion()}\n`, err: '' })
  assert.match(readVersion(), /^\d+\.\d+\.\d+$/)
  const help = await sluice(folder, '--help')
  assert.deepEqual([help.code, help.err], [0, ''])
  for (const command of ['start', 'init', 'check-config']) assert.match(help.out, new RegExp(`^ {2}${command} `, 'm'))
  const page = await sluice(folder, 'init', '--help')
  assert.equal(
    page.out,
    `Write a commented configuration file.

Usage: sluice init [options]

The file holds every key with its default. An existing file is kept unless --force is given.

Options:
  --config <file>  The file to write; by default sluice.yaml.
  --force          Replace the file if it is there.
  --help           Show this page.
`,
  )
})

test('a wrong command line exits with 2 and says what was meant', async (t) => {
  const folder = await temporaryFolder(t)
  assert.deepEqual(await sluice(folder, 'strat'), {
    code: 2,
    out: '',
    err: 'sluice: unknown command strat; did you mean start?\nSee sluice --help\n',
  })
  assert.deepEqual(await sluice(folder, 'start', '--confg', 'x'), {
    code: 2,
    out: '',
    err: 'sluice: unknown option --confg; did you mean --config?\nSee sluice start --help\n',
  })
})

test('init writes the configuration once, for this user only', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'sluice.yaml')
  const written = await sluice(folder, 'init')
  assert.deepEqual(written, {
    code: 0,
    out: 'Wrote sluice.yaml. Every key in it has its default.\nNext: sluice start --config sluice.yaml\n',
    err: '',
  })
  assert.equal(await readFile(file, 'utf8'), configTemplate())
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  await writeFile(file, 'log: {level: warn}\n')
  assert.deepEqual(await sluice(folder, 'init'), {
    code: 1,
    out: '',
    err: 'sluice.yaml is there already; nothing was written. Use another --config, or --force to replace it\n',
  })
  assert.equal(await readFile(file, 'utf8'), 'log: {level: warn}\n')
  assert.equal((await sluice(folder, 'init', '--force')).code, 0)
  assert.equal(await readFile(file, 'utf8'), configTemplate())
  assert.deepEqual(await sluice(folder, 'init', '--config', 'absent/sluice.yaml'), {
    code: 1,
    out: '',
    err: 'cannot write absent/sluice.yaml: ENOENT\n',
  })
})

test('check-config tells what a configuration means, and every problem of a wrong one', async (t) => {
  const folder = await temporaryFolder(t)
  assert.deepEqual(await sluice(folder, 'check-config'), {
    code: 0,
    out: `✓ no sluice.yaml here: every default holds
  data plane  0.0.0.0:9080
  Admin API   127.0.0.1:9180
  admin keys  the one in the data folder
  status      127.0.0.1:9091
  data folder ${folder}/sluice-data
  workers     1
  schemes     kafka
  plugins     kafka-proxy, key-auth
`,
    err: '',
  })
  await writeFile(join(folder, 'wrong.yaml'), 'log:\n  levl: info\nwebsocket: {ping_seconds: 0}\n')
  assert.deepEqual(await sluice(folder, 'check-config', '--config', 'wrong.yaml'), {
    code: 1,
    out: '',
    err:
      'wrong.yaml:2: log.levl: unknown key; did you mean level?\n' +
      'wrong.yaml:3: websocket.ping_seconds: expected a number from 0.1 to 86400, got 0\n',
  })
  await writeFile(join(folder, 'plugins.yaml'), 'plugins:\n  - kafka-poxy\n')
  assert.deepEqual(await sluice(folder, 'check-config', '--config', 'plugins.yaml'), {
    code: 1,
    out: '',
    err: 'plugins.yaml:2: plugins[0]: no plugin kafka-poxy is installed; did you mean kafka-proxy?\n',
  })
})
