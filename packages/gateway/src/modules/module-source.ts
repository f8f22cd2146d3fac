/** A package whose default export is a scheme or a plugin. */
export interface ModuleSource {
  readonly kind: 'scheme' | 'plugin'
  /** As in an import: the name of a package, or a path to a folder or file that starts with `.` or `/`. */
  readonly package: string
  /** Set where the configuration names it; what ships has neither. */
  readonly added?: AddedModule
}

/** What the configuration says of a package that it adds. */
export interface AddedModule {
  /** What the scheme or plugin has to call itself. */
  readonly name: string
  /** Where the package is looked for: the folder of the configuration file. */
  readonly folder: string
  /** Whether the gateway starts without it where it cannot be used. */
  readonly optional: boolean
}
