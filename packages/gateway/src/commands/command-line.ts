import { parseArgs } from 'node:util'
import { nearest } from '@sluice/spi'
import type { Command, CommandOption, CommandValues } from './command.ts'

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly values: CommandValues }
  | { readonly kind: 'help'; readonly command?: Command }
  | { readonly kind: 'version' }
  | { readonly kind: 'mistake'; readonly text: string; readonly command?: Command }

/**
 * Reads a command line.
 *
 * @param args without the names of the runtime and of the program
 */
export function readCommandLine(args: readonly string[], commands: readonly Command[]): Request {
  const [name, ...rest] = args
  if (name === undefined) return { kind: 'mistake', text: 'no command given' }
  if (name === '--help' || name === '-h') return { kind: 'help' }
  if (name === '--version' || name === '-v') return { kind: 'version' }
  const command = commands.find((candidate) => candidate.name === name)
  if (command !== undefined) return readOptions(rest, command)
  const isOption = name.startsWith('-')
  const names = isOption ? ['--help', '--version'] : commands.map((candidate) => candidate.name)
  return { kind: 'mistake', text: `unknown ${isOption ? 'option' : 'command'} ${name}${suggest(nearest(name, names))}` }
}

function readOptions(args: readonly string[], command: Command): Request {
  const known: ReadonlyMap<string, CommandOption> = new Map([['help', { description: '' }], ...command.options])
  const options = Object.fromEntries(
    [...known].map(([name, option]) => [name, { type: option.value === undefined ? 'boolean' : 'string' } as const]),
  )
  const { tokens } = parseArgs({
    args: expandShort(args),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const mistake = (text: string): Request => ({ kind: 'mistake', text, command })
  const texts = new Map<string, string>()
  const switches = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') return mistake(`unexpected argument ${token.value}`)
    const option = known.get(token.name)
    if (option === undefined) {
      const suggestion = nearest(token.name, known.keys())
      return mistake(`unknown option ${token.rawName}${suggest(suggestion && `--${suggestion}`)}`)
    }
    if (option.value === undefined) {
      if (token.value !== undefined) return mistake(`option ${token.rawName} takes no value`)
      switches.add(token.name)
    } else {
      if (token.value === undefined || token.value === '')
        return mistake(`option ${token.rawName} needs a ${option.value}`)
      texts.set(token.name, token.value)
    }
  }
  return switches.has('help') ? { kind: 'help', command } : { kind: 'run', command, values: { texts, switches } }
}

const short = new Map([
  ['-h', '--help'],
  ['-c', '--config'],
  ['-f', '--file'],
  ['-o', '--output'],
])

function expandShort(args: readonly string[]): string[] {
  return args.map((arg) => short.get(arg) ?? arg)
}

function suggest(word: string | undefined): string {
  return word === undefined ? '' : `; did you mean ${word}?`
}
