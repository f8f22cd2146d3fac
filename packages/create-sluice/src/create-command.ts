import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createFolder } from './create-folder.ts'
import { CreateFailed } from './errors.ts'
import { isKind, type Kind, kinds } from './kind.ts'
import { readNames } from './names.ts'

/**
 * `create-sluice <scheme|plugin> <name> [folder]`
 *
 * @param args of the command line; of one that makes a kind alone, without the kind
 * @returns the exit code: 0 done, 1 failed, 2 wrong command line
 */
export async function createCommand(args: readonly string[], kind?: Kind): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        package: { type: 'string' },
        number: { type: 'string', default: '2000' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const [given = '', name, folder, ...others] = kind === undefined ? positionals : [kind, ...positionals]
    if (values.help) {
      process.stdout.write(usage(kind))
      return 0
    }
    if (!isKind(given) || name === undefined || others.length > 0) {
      process.stderr.write(usage(kind))
      return 2
    }
    const names = readNames(given, name, { package: values.package, number: values.number })
    const target = resolve(folder ?? `${given}-${name}`)
    const files = await createFolder(given, names, target)
    const shown = relative(process.cwd(), target) || '.'
    process.stdout.write(`Made ${shown}:\n${files.map((file) => `  ${file}\n`).join('')}\n`)
    process.stdout.write(`Next:\n  cd ${shown}\n  npm install\n  npm test\n`)
    if (!isNodeNewEnough(process.versions.node)) {
      process.stderr.write(
        `\nIts tests and Sluice need Node 24.11 or newer, and this is ${process.version}: install that first.\n`,
      )
    }
    return 0
  } catch (error) {
    const isKnown = error instanceof CreateFailed || (error instanceof Error && 'code' in error)
    process.stderr.write(`${isKnown ? error.message : String(error)}\n`)
    return 1
  }
}

/** TypeScript is run as it is from Node 24.11 on, without a warning. */
export function isNodeNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 11)
}

function usage(kind: Kind | undefined): string {
  const command = kind === undefined ? `create-sluice <${kinds.join('|')}>` : `create-sluice-${kind}`
  return `Usage: ${command} <name> [folder] [--package <name>]${kind === 'plugin' ? '' : ' [--number <first>]'}

Makes a folder with source, test and README that passes its own test.

  <name>              as routes have it: \`upstream.scheme\`, or the key below \`plugins\`
  [folder]            where it goes; ${kind ?? '<kind>'}-<name> by default
  --package <name>    of the npm package; that of the folder by default
${kind === 'plugin' ? '' : '  --number <first>    first of the numbers of its commands, 2000 or more; 2000 by default\n'}`
}
