import { defaultConfigFile } from '../config/default-file.ts'
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
]
