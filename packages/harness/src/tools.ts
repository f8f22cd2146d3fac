import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheDirectory } from './repository.ts'

export interface Tool {
  /** Where it is; its bare name where it is missing. */
  readonly path: string
  /** Why a test that needs it is skipped; false when the tool is there. For `test(name, { skip }, ...)`. */
  readonly skip: string | false
}

/** Names under which a tool is known where it is not its own. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
}

/** A tool that `.ci/run` would have installed is missing although `REQUIRE_ALL=1` is set. */
export class ToolMissing extends Error {
  readonly code = 'TESTKIT_TOOL_MISSING'

  constructor(reason: string) {
    super(`${reason}, and REQUIRE_ALL=1 is set: install it as .ci/run does`)
    this.name = 'ToolMissing'
  }
}

/**
 * Finds a program on the PATH, or among those that `.ci/run` built in the cache folder.
 *
 * @throws {ToolMissing} when it is missing and the environment has `REQUIRE_ALL=1`
 */
export function requireTool(name: string, env: NodeJS.ProcessEnv = process.env): Tool {
  const path = (ALIASES[name] ?? [name]).map((alias) => findOnPath(alias, env)).find((found) => found !== undefined)
  return path ? { path, skip: false } : missing(name, `${name} is not installed`, env)
}

/**
 * Finds a Python 3 that can import `google.protobuf`: the one `.ci/run` makes in the cache folder, or one on the PATH.
 *
 * @throws {ToolMissing} when there is none and the environment has `REQUIRE_ALL=1`
 */
export function requirePythonProtobuf(env: NodeJS.ProcessEnv = process.env): Tool {
  const candidates = [join(cacheDirectory(env), 'python/bin/python3'), findOnPath('python3', env), '/usr/bin/python3']
  const path = candidates.find((python) => python !== undefined && canImportProtobuf(python))
  return path ? { path, skip: false } : missing('python3', 'python3 with the package protobuf is not installed', env)
}

function missing(name: string, reason: string, env: NodeJS.ProcessEnv): Tool {
  if (env.REQUIRE_ALL === '1') throw new ToolMissing(reason)
  return { path: name, skip: reason }
}

function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const folders = [...onPath, join(cacheDirectory(env), 'bin')]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function canImportProtobuf(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import google.protobuf'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
