import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCommandLine } from '../../src/commands/command-line.ts'
import { commands } from '../../src/commands/commands.ts'

function read(line: string) {
  const request = readCommandLine(line === '' ? [] : line.split(' '), commands)
  return {
    ...request,
    ...('command' in request && request.command !== undefined && { command: request.command.name }),
  }
}

test('commands take their options in every usual form', () => {
  const values = (texts: [string, string][], switches: string[]) => ({
    texts: new Map(texts),
    switches: new Set(switches),
  })
  assert.deepEqual(read('start'), { kind: 'run', command: 'start', values: values([], []) })
  for (const line of ['start --config x.yaml', 'start --config=x.yaml', 'start -c x.yaml']) {
    assert.deepEqual(read(line), { kind: 'run', command: 'start', values: values([['config', 'x.yaml']], []) }, line)
  }
  assert.deepEqual(read('init --force'), { kind: 'run', command: 'init', values: values([], ['force']) })
})

test('help and version', () => {
  assert.deepEqual(read('--help'), { kind: 'help' })
  assert.deepEqual(read('-h'), { kind: 'help' })
  assert.deepEqual(read('--version'), { kind: 'version' })
  assert.deepEqual(read('start --help'), { kind: 'help', command: 'start' })
  assert.deepEqual(read('init --force -h'), { kind: 'help', command: 'init' })
})

for (const [line, text, command] of [
  ['', 'no command given'],
  ['strat', 'unknown command strat; did you mean start?'],
  ['reload', 'unknown command reload'],
  ['--verison', 'unknown option --verison; did you mean --version?'],
  ['start --confg x', 'unknown option --confg; did you mean --config?', 'start'],
  ['start --force', 'unknown option --force', 'start'],
  ['start x.yaml', 'unexpected argument x.yaml', 'start'],
  ['start --config', 'option --config needs a file', 'start'],
  ['start --config=', 'option --config needs a file', 'start'],
  ['init --force=yes', 'option --force takes no value', 'init'],
] as const) {
  test(`mistake: sluice ${line}`, () => {
    assert.deepEqual(read(line), { kind: 'mistake', text, ...(command !== undefined && { command }) })
  })
}
