/** One thing that is wrong, or odd, in a configuration file. */
export interface Problem {
  /** Dotted path of the key, e.g. `deployment.admin.admin_key[0].key`; empty where the whole file is meant. */
  readonly path: string
  /** Line in the file, from 1; absent for a key that is not there. */
  readonly line?: number
  /** What is wrong and what to do; never holds a secret. */
  readonly text: string
}

/** One line for a terminal: `sluice.yaml:12: deployment.admin.admin_listen.port: expected …`. */
export function formatProblem(file: string, { path, line, text }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}`
  return path === '' ? `${place}: ${text}` : `${place}: ${path}: ${text}`
}
