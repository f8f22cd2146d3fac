/** Environment variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A text of the configuration file after substitution. */
export interface Substitution {
  readonly text: string
  /** Names of the variables that were put in, also those whose default was taken. */
  readonly variables: readonly string[]
  /** Names of the variables that are not set and have no default. */
  readonly missing: readonly string[]
}

const reference = /\$\{\{\s*(\w+)\s*(?::=(.*?))?\s*\}\}/g

/** Replaces `${{NAME}}` and `${{NAME:=default}}`, as in APISIX's configuration file; blanks around both are dropped. */
export function substitute(text: string, environment: Environment): Substitution {
  const variables: string[] = []
  const missing: string[] = []
  const replaced = text.replace(reference, (_, name: string, fallback: string | undefined) => {
    const value = environment[name] ?? fallback?.trim()
    if (value === undefined) {
      missing.push(name)
      return ''
    }
    variables.push(name)
    return value
  })
  return { text: replaced, variables, missing }
}
