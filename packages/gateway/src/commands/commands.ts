import { defaultConfigFile } from '../config/default-file.ts'
import { adminOptions } from './admin-options.ts'
import type { Command } from './command.ts'

const config = { value: 'file', description: `The configuration file; by default ${defaultConfigFile}.` }

// Each command is loaded when it runs: --help needs none of them.
/** The commands of the program. */
export const commands: readonly Command[] = [
  {
    name: 'start',
    summary: 'Start the gateway',
    details: `Serves until SIGTERM or Ctrl-C. Without --config and without ${defaultConfigFile}, every default holds.`,
    options: new Map([['config', config]]),
    run: async ({ texts }) => (await import('./start.ts')).startCommand(texts.get('config')),
  },
  {
    name: 'init',
    summary: 'Write a commented configuration file',
    details: 'The file holds every key with its default. An existing file is kept unless --force is given.',
    options: new Map([
      ['config', { ...config, description: `The file to write; by default ${defaultConfigFile}.` }],
      ['force', { description: 'Replace the file if it is there.' }],
    ]),
    run: async ({ texts, switches }) =>
      (await import('./init.ts')).initCommand(texts.get('config') ?? defaultConfigFile, switches.has('force')),
  },
  {
    name: 'check-config',
    summary: 'Check the configuration file and say what it means',
    details: 'Opens no listener and writes nothing. Exits with 1 where the file has problems.',
    options: new Map([['config', config]]),
    run: async ({ texts }) => (await import('./check-config.ts')).checkConfigCommand(texts.get('config')),
  },
  {
    name: 'dump',
    summary: 'Write all resources of a gateway as a configuration',
    details:
      'Asks a running gateway, or APISIX. What is written is YAML that `apply` and the store `file` take. With a key of the\n' +
      'role admin it has the secrets: keep it as you keep keys.',
    options: new Map([
      ['output', { value: 'file', description: 'Where it goes, mode 0600; by default standard output.' }],
      ...adminOptions,
    ]),
    run: async (values) => (await import('./dump.ts')).dumpCommand(values),
  },
  {
    name: 'apply',
    summary: 'Bring a gateway to a configuration, and show what that changes',
    details:
      'The gateway checks the whole first, and nothing is written where it is faulty. Then one resource after the other is\n' +
      'written, unless somebody has changed it since. What only the gateway has stays, unless --prune is given.',
    options: new Map([
      [
        'file',
        { value: 'file', description: 'The configuration, YAML or JSON; by default, and with -, standard input.' },
      ],
      ['dry-run', { description: 'Show what would change, and write nothing.' }],
      ['exit-code', { description: 'With --dry-run: exit with 3 where something would change.' }],
      ['prune', { description: 'Delete what the configuration does not have.' }],
      ...adminOptions,
    ]),
    run: async (values) => (await import('./apply.ts')).applyCommand(values),
  },
]
