import { styleText } from 'node:util'
import type { Command, CommandOption } from './command.ts'

/** The page of `sluice --help`. */
export function programHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const)
  return [
    'Sluice, an API gateway for streams.',
    '',
    `${title('Usage')} sluice <command> [options]`,
    '',
    title('Commands'),
    ...table(rows),
    '',
    title('Options'),
    ...table([
      ['--help', 'Show this page; after a command, the page of that command.'],
      ['--version', 'Show the version.'],
    ]),
    '',
    title('Environment'),
    ...table([
      ['SLUICE_ADMIN_URL', 'The Admin API that dump and apply ask.'],
      ['SLUICE_ADMIN_KEY', 'Its key.'],
      ['SLUICE_ENCRYPTION_KEY', 'Key for secret fields, <id>:<32 bytes in base64>, instead of the key in data_dir.'],
    ]),
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong command line.',
    '',
  ].join('\n')
}

/** The page of `sluice <command> --help`. */
export function commandHelp({ name, summary, details, options }: Command): string {
  const rows = [...options, ['help', { description: 'Show this page.' }] as const].map(
    ([option, about]) => [optionName(option, about), about.description] as const,
  )
  return [
    `${summary}.`,
    '',
    `${title('Usage')} sluice ${name} [options]`,
    '',
    details,
    '',
    title('Options'),
    ...table(rows),
    '',
  ].join('\n')
}

function optionName(name: string, { value }: CommandOption): string {
  return value === undefined ? `--${name}` : `--${name} <${value}>`
}

function title(text: string): string {
  return styleText('bold', `${text}:`, { stream: process.stdout })
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `  ${styleText('cyan', name.padEnd(width), { stream: process.stdout })}  ${text}`)
}
