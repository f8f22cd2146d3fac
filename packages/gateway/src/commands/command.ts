/** An option of a command; one with a `value` takes it, the others are switches. */
export interface CommandOption {
  /** What the value is, e.g. `file`. */
  readonly value?: string
  readonly description: string
}

/** Options as given on the command line. */
export interface CommandValues {
  readonly texts: ReadonlyMap<string, string>
  readonly switches: ReadonlySet<string>
}

/** A command of the program. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly details: string
  readonly options: ReadonlyMap<string, CommandOption>
  /** Resolves with the exit code. */
  run(values: CommandValues): Promise<number>
}
