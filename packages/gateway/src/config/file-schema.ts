import { Type } from 'typebox'

/** The section `deployment.file`. */
export const ConfigurationFile = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      default: 'apisix.yaml',
      description:
        "YAML in the layout of APISIX's standalone mode: `routes`, `upstreams` and so on, each a list. A relative path " +
        'starts at the folder of the configuration file.',
      hint: 'write a path such as /etc/sluice/apisix.yaml',
    }),
  },
  { additionalProperties: false, description: 'The file, where `config_provider` is `file`.' },
)
