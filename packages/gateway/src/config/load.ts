import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigInvalid, ConfigUnreadable } from '../errors.ts'
import { checkConfig } from './check.ts'
import { defaultConfigFile } from './default-file.ts'
import { parseConfigDocument } from './document.ts'
import type { Environment } from './environment.ts'
import { checkPluginNames } from './plugin-names.ts'
import { formatProblem, type Problem } from './problem.ts'
import { ConfigSchema } from './schema.ts'
import { createSettings, type Settings } from './settings.ts'
import { usableConfig } from './usable-config.ts'

/** The configuration with what is to be told about it. */
export interface LoadedConfig {
  readonly settings: Settings
  /** The file as it was named; absent where there is none and the defaults hold. */
  readonly file?: string
  /** One line each, for a terminal. */
  readonly warnings: readonly string[]
}

/** What a configuration is read against. */
export interface ConfigSurroundings {
  readonly environment: Environment
  /** Names of the plugins that ship, which `plugins` may list; any name is taken where absent. */
  readonly installedPlugins?: readonly string[]
}

/**
 * Reads the configuration file.
 *
 * @param file path as the user gave it; by default `sluice.yaml` in the working directory, which may be absent
 * @throws CONFIG_UNREADABLE, CONFIG_INVALID (with every problem of the file, one a line)
 */
export async function loadConfig(file: string | undefined, surroundings: ConfigSurroundings): Promise<LoadedConfig> {
  const name = file ?? defaultConfigFile
  const text = await readConfigFile(name, file === undefined)
  return text === undefined
    ? readConfig({ text: '', name, folder: process.cwd() }, surroundings)
    : { ...readConfig({ text, name, folder: dirname(resolve(name)) }, surroundings), file: name }
}

async function readConfigFile(name: string, mayBeAbsent: boolean): Promise<string | undefined> {
  try {
    return await readFile(name, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (code === 'ENOENT' && mayBeAbsent) return undefined
    if (code === 'ENOENT')
      throw new ConfigUnreadable(name, `there is no such file; make one: sluice init --config ${name}`)
    const what = code === 'EACCES' ? 'this user may not read it' : code === 'EISDIR' ? 'it is a folder' : code
    throw new ConfigUnreadable(name, what, { cause })
  }
}

/** The text of a configuration file, under the name that messages give it. */
interface ConfigSource {
  readonly text: string
  readonly name: string
  /** What relative paths start at. */
  readonly folder: string
}

/**
 * Reads a configuration from its text.
 *
 * @throws CONFIG_INVALID
 */
export function readConfig(source: ConfigSource, { environment, installedPlugins }: ConfigSurroundings): LoadedConfig {
  const problems: Problem[] = []
  const root = parseConfigDocument(source.text, environment, problems)
  const syntaxBroken = problems.some(({ path }) => path === '')
  if (syntaxBroken) throw invalidConfig(source.name, problems)
  const checked = checkConfig(ConfigSchema, root)
  problems.push(...withoutRepeats(checked.problems, problems))
  const at = (path: string, text: string): Problem => {
    const line = checked.lines.get(path)
    return line === undefined ? { path, text } : { path, text, line }
  }
  const error = (path: string, text: string, other = path): void => {
    if (!problems.some((problem) => problem.path === other)) problems.push(at(path, text))
  }
  const warnings: string[] = []
  const value = usableConfig(checked.value)
  const settings = createSettings(value, source.folder, {
    error,
    warning: (path, text) => warnings.push(formatProblem(source.name, at(path, text))),
  })
  if (installedPlugins !== undefined) checkPluginNames(value.plugins ?? [], installedPlugins, error)
  if (problems.length > 0) throw invalidConfig(source.name, problems)
  return { settings, warnings }
}

/** A value that is missing because its variable is not set is reported once, for the variable. */
function withoutRepeats(found: readonly Problem[], earlier: readonly Problem[]): Problem[] {
  return found.filter(({ path }) => !earlier.some((problem) => problem.path === path))
}

function invalidConfig(name: string, problems: readonly Problem[]): Error {
  const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
  return new ConfigInvalid(sorted.map((problem) => formatProblem(name, problem)).join('\n'))
}
