import { Type } from 'typebox'

const packageEntry = (what: 'scheme' | 'plugin', example: string) =>
  Type.Object(
    {
      name: Type.String({ minLength: 1, description: `What the ${what} calls itself.`, hint: `write its name` }),
      package: Type.String({
        minLength: 1,
        description:
          'The package that has it, or a path that starts with `./`, looked for from the folder of the configuration file.',
        hint: `write the name of a package such as ${example}`,
      }),
      optional: Type.Boolean({
        default: false,
        description: 'Whether the gateway starts without it where it cannot be loaded; the log tells.',
      }),
    },
    { additionalProperties: false, hint: `write {name, package}` },
  )

/** Schemes besides those that ship. */
export const Schemes = Type.Array(packageEntry('scheme', '@acme/scheme-foo'), {
  default: [],
  description: 'Schemes besides those that ship, each `{name, package, optional}`.',
  hint: 'write a list of {name, package}',
})

/** Names of plugins that ship, and packages of others. */
export const Plugins = Type.Optional(
  Type.Array(
    Type.Union(
      [
        Type.String({ minLength: 1, hint: 'write the name of a plugin such as kafka-proxy' }),
        packageEntry('plugin', '@acme/plugin-foo'),
      ],
      { hint: 'write the name of a plugin such as kafka-proxy, or {name, package}' },
    ),
    {
      description:
        'Names of those plugins that ship which routes may use, all of them where no name is listed; and ' +
        '`{name, package, optional}` for others.',
      examples: [['kafka-proxy']],
      hint: 'write a list of plugin names such as kafka-proxy, or of {name, package}',
    },
  ),
)
