import { styleText } from 'node:util'
import { isSluiceError } from '@sluice/spi'
import { readVersion } from '../version.ts'
import { readCommandLine } from './command-line.ts'
import { commands } from './commands.ts'
import { commandHelp, programHelp } from './help.ts'

/**
 * Runs the program.
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong command line
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const request = readCommandLine(args, commands)
  if (request.kind === 'version') {
    process.stdout.write(`sluice ${readVersion()}\n`)
    return 0
  }
  if (request.kind === 'help') {
    process.stdout.write(request.command === undefined ? programHelp(commands) : commandHelp(request.command))
    return 0
  }
  if (request.kind === 'mistake') {
    const page = request.command === undefined ? 'sluice --help' : `sluice ${request.command.name} --help`
    process.stderr.write(`${failure(`sluice: ${request.text}`)}\nSee ${page}\n`)
    return 2
  }
  try {
    return await request.command.run(request.values)
  } catch (error) {
    process.stderr.write(`${failure(describeFailure(error))}\n`)
    return 1
  }
}

/** Errors of the catalogue say all in their message; of any other, the stack tells where it comes from. */
function describeFailure(error: unknown): string {
  if (isSluiceError(error)) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function failure(text: string): string {
  return styleText('red', text, { stream: process.stderr })
}
