import type { JsonObject } from '../json.ts'
import { meta } from '../schema/definitions.ts'
import { common, type ResourceType } from './resource-type.ts'

const url: JsonObject = {
  type: 'string',
  pattern: '^[^\\/]+:\\/\\/([\\da-zA-Z.-]+|\\[[\\da-fA-F:]+\\])(:\\d+)?',
}
const { id = {}, create_time = {}, update_time = {} } = meta
const stamped: JsonObject = { id, create_time, update_time }
const text = (description: string): JsonObject => ({ type: 'string', description })

const vault: JsonObject = {
  type: 'object',
  properties: {
    ...stamped,
    uri: { ...url, description: 'Address of Vault, e.g. `https://vault.example:8200`.' },
    prefix: text('Path in front of the names of secrets, e.g. `kv/apisix`.'),
    token: text('Token that reads them; encrypted at rest.'),
    namespace: text('Namespace, where Vault has several.'),
  },
  required: ['uri', 'prefix', 'token'],
}

const aws: JsonObject = {
  type: 'object',
  properties: {
    ...stamped,
    access_key_id: text('Who asks; encrypted at rest.'),
    secret_access_key: text('Its key; encrypted at rest.'),
    session_token: text('Token of a session; encrypted at rest.'),
    region: { ...text('Region.'), default: 'us-east-1' },
    endpoint_url: { ...url, description: "Address instead of the region's own." },
  },
  required: ['access_key_id', 'secret_access_key'],
}

const gcp: JsonObject = {
  type: 'object',
  properties: {
    ...stamped,
    auth_config: {
      type: 'object',
      description: 'A service account.',
      properties: {
        client_email: text('Who asks.'),
        private_key: text('Its key, PEM; encrypted at rest.'),
        project_id: text('Project.'),
        token_uri: { ...text('Where tokens come from.'), default: 'https://oauth2.googleapis.com/token' },
        scope: {
          type: 'array',
          items: { type: 'string' },
          default: ['https://www.googleapis.com/auth/cloud-platform'],
          description: 'Scopes of the tokens.',
        },
        entries_uri: { ...text('Where secrets are read.'), default: 'https://secretmanager.googleapis.com/v1' },
      },
      required: ['client_email', 'private_key', 'project_id'],
    },
    auth_file: text('File with the service account.'),
    ssl_verify: { type: 'boolean', default: true, description: "Whether the server's certificate is checked." },
  },
  oneOf: [{ required: ['auth_config'] }, { required: ['auth_file'] }],
}

/** `/apisix/admin/secrets/<manager>`: where `$secret://` references lead. APISIX keeps these credentials in the clear. */
export const secret: ResourceType = {
  ...common,
  name: 'secrets',
  kind: 'secret',
  title: 'secret',
  hasVariants: true,
  methods: ['PATCH'],
  schemas: () => new Map(Object.entries({ vault, aws, gcp })),
  unknownVariant: (manager) => `invalid secret manager: ${manager}`,
  secrets: ['token', 'access_key_id', 'secret_access_key', 'session_token', 'auth_config.private_key'],
  inUse: 'secret',
}
