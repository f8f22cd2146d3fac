import { type Static, Type } from 'typebox'
import { AdminApiMtls, AllowedHosts, HttpsAdmin } from './admin-listener-schema.ts'
import { DataEncryption } from './data-encryption-schema.ts'
import { Etcd } from './etcd-schema.ts'
import { ConfigurationFile } from './file-schema.ts'
import { Plugins, Schemes } from './module-schema.ts'
import { Role, RoleControlPlane, RoleDataPlane, RoleTraditional } from './role-schema.ts'
import { Ssl } from './ssl-schema.ts'

// Beside JSON Schema's keywords: `hint` says what to write where a value is refused, and a `secret` value is never shown.
const closed = { additionalProperties: false }

const port = (options: { default?: number; description: string; hint: string }) =>
  Type.Integer({ minimum: 0, maximum: 65535, ...options })

const listener = (description: string, defaultPort: number) =>
  Type.Object(
    {
      ip: Type.String({
        default: '127.0.0.1',
        minLength: 1,
        description: 'Address to listen on.',
        hint: 'write an address such as 127.0.0.1',
      }),
      port: port({
        default: defaultPort,
        description: 'TCP port; 0 takes a free one and logs it.',
        hint: `write a port such as ${defaultPort}`,
      }),
    },
    { ...closed, description, hint: `write ip and port below it, such as port: ${defaultPort}` },
  )

const NodeAddress = Type.Object(
  {
    ip: Type.String({
      default: '0.0.0.0',
      minLength: 1,
      description: 'Address to listen on.',
      hint: 'write an address such as 0.0.0.0',
    }),
    port: port({ description: 'TCP port; 0 takes a free one and logs it.', hint: 'write a port such as 9080' }),
  },
  closed,
)

const nodePort = port({ description: 'TCP port on 0.0.0.0.', hint: 'write a port such as 9080' })

const nodeListenHint = 'write a port such as 9080, an address such as "127.0.0.1:9080", or a list of {ip, port}'

const Apisix = Type.Object(
  {
    node_listen: Type.Union(
      [
        nodePort,
        Type.String({ description: 'Address and port.', hint: nodeListenHint }),
        Type.Array(Type.Union([nodePort, NodeAddress], { hint: nodeListenHint }), {
          minItems: 1,
          description: 'Several of them, each a port or `ip` and `port`.',
          hint: nodeListenHint,
        }),
      ],
      {
        default: 9080,
        description:
          'Where clients connect, HTTP/1.1 and WebSocket: a port on 0.0.0.0, an address such as "127.0.0.1:9080" or ' +
          '"[::1]:9080", or a list of ports and of {ip, port}. Port 0 takes a free one and logs it.',
        hint: nodeListenHint,
      },
    ),
    ssl: Ssl,
    data_encryption: DataEncryption,
  },
  { ...closed, description: 'The data plane.' },
)

const AdminKey = Type.Object(
  {
    name: Type.Optional(
      Type.String({ minLength: 1, description: 'Who the key is for.', hint: 'write a name such as ops' }),
    ),
    key: Type.String({
      minLength: 1,
      secret: true,
      description: 'The value of the `X-API-KEY` header.',
      hint: `write a random text such as the output of 'openssl rand -hex 32', or \${{NAME}} to take it from there`,
    }),
    role: Type.Enum(['admin', 'viewer'], {
      default: 'admin',
      description: '`admin` may do everything, `viewer` only GET, with secret fields masked.',
    }),
  },
  closed,
)

const Admin = Type.Object(
  {
    admin_key: Type.Optional(
      Type.Array(AdminKey, {
        minItems: 1,
        description:
          'Keys of the Admin API. Without any, the first start makes a random one, shows it once and keeps it in ' +
          '`admin.key` in `data_dir`.',
        examples: [[{ name: 'ops', key: `\${{SLUICE_ADMIN_KEY}}`, role: 'admin' }]],
        hint: 'write a list of keys, each with key and role',
      }),
    ),
    allow_admin: Type.Array(Type.String({ hint: 'write a network such as 10.0.0.0/8' }), {
      default: ['127.0.0.0/24', '::1'],
      description: 'Addresses and networks (CIDR) whose requests the Admin API takes; an empty list takes all.',
      hint: 'write a list of networks such as 127.0.0.0/24',
    }),
    admin_listen: listener('Where the Admin API listens.', 9180),
    https_admin: HttpsAdmin,
    admin_api_mtls: AdminApiMtls,
    allow_insecure_listen: Type.Boolean({
      default: false,
      description: 'Lets the Admin API listen beyond this machine without `https_admin`.',
    }),
    allowed_hosts: AllowedHosts,
    cors_origins: Type.Array(Type.String({ minLength: 1, hint: 'write an origin such as https://console.example' }), {
      default: [],
      description:
        'Origins whose pages may call the Admin API from a browser, such as `https://console.example`. Those of others are ' +
        'refused.',
      hint: 'write a list of origins such as https://console.example',
    }),
    mask_secrets: Type.Boolean({
      default: false,
      description: 'Masks secret fields in every answer of the Admin API, also to the role `admin`.',
    }),
  },
  { ...closed, description: 'The Admin API.' },
)

const Limits = Type.Object(
  {
    commands_in_flight: Type.Integer({
      minimum: 1,
      maximum: 65536,
      default: 16,
      description: 'Commands of one WebSocket that run at once; then it is not read until one is answered.',
    }),
    output_queue_bytes: Type.Integer({
      minimum: 1024,
      default: 1048576,
      description: 'Bytes of answers that wait for one client, beyond which no further command of it starts.',
    }),
    stall_seconds: Type.Number({
      minimum: 0.1,
      maximum: 86400,
      default: 10,
      description: 'Seconds a client may leave its answers unread before it is closed with 1013.',
    }),
    plugin_seconds: Type.Number({
      minimum: 0.1,
      maximum: 3600,
      default: 10,
      description: 'Seconds that the plugins of a request may take together; then it is answered 504.',
    }),
    message_bytes: Type.Integer({
      minimum: 125,
      maximum: 104857600,
      default: 65536,
      description: 'Bytes of the largest message a client may send; a larger one closes the socket with 1009.',
    }),
  },
  { ...closed, description: 'Bounds of every WebSocket.' },
)

const Egress = Type.Object(
  {
    allow: Type.Array(Type.String({ hint: 'write an address or a network such as 203.0.113.0/24' }), {
      default: [],
      description:
        'Addresses and networks (CIDR) that a broker may advertise whatever the nodes of the upstream are; without it, ' +
        'loopback, private and public ones where a node is one, and none that are link-local or for cloud metadata.',
      hint: 'write a list of networks such as 203.0.113.0/24',
    }),
    require_verify: Type.Boolean({
      default: false,
      description: 'Refuses upstreams whose `tls` does not verify certificates. Those without `tls` stay plaintext.',
    }),
  },
  { ...closed, description: 'Where connections to upstreams may go.' },
)

const mostWorkers = 256

const workersHint = 'write a number such as 4, or auto'

/** The configuration file: one schema for the check, the defaults, the file that `sluice init` writes and the reference. */
export const ConfigSchema = Type.Object(
  {
    apisix: Apisix,
    deployment: Type.Object(
      {
        admin: Admin,
        role: Role,
        role_traditional: RoleTraditional,
        role_control_plane: RoleControlPlane,
        role_data_plane: RoleDataPlane,
        etcd: Etcd,
        file: ConfigurationFile,
      },
      { ...closed, description: 'How the gateway is run.' },
    ),
    schemes: Schemes,
    plugins: Plugins,
    data_dir: Type.String({
      default: 'sluice-data',
      minLength: 1,
      description:
        'Folder of the store, the admin key and the encryption key, made at the first start with mode 0700. A relative ' +
        'path starts at the folder of the configuration file.',
      hint: 'write a path such as /var/lib/sluice',
    }),
    workers: Type.Union(
      [
        Type.Integer({ minimum: 1, maximum: mostWorkers, hint: workersHint }),
        Type.Enum(['auto'], { hint: workersHint }),
      ],
      {
        default: 1,
        description:
          'Processes that serve clients: a number, or `auto` for one for each core that this process may use. With 1 the ' +
          'gateway is one process; with more, each worker is one beside it, on Linux. Bounds of memory and connections ' +
          'hold for each worker.',
        hint: workersHint,
      },
    ),
    status_listen: listener('Where /healthz, /readyz and /metrics are served.', 9091),
    limits: Limits,
    egress: Egress,
    websocket: Type.Object(
      {
        ping_seconds: Type.Number({
          minimum: 0.1,
          maximum: 86400,
          default: 30,
          description: 'Seconds between two pings to a client; one that answers neither of two in a row is closed.',
        }),
      },
      { ...closed, description: 'WebSocket connections of clients.' },
    ),
    secrets: Type.Object(
      {
        refresh_seconds: Type.Number({
          minimum: 1,
          maximum: 86400,
          default: 60,
          description: 'Seconds after which secrets that are kept elsewhere (`$secret://`) are read again.',
        }),
      },
      { ...closed, description: 'Secrets that are kept elsewhere.' },
    ),
    shutdown: Type.Object(
      {
        drain_seconds: Type.Number({
          minimum: 0,
          maximum: 86400,
          default: 30,
          description: 'Seconds after SIGTERM in which commands in flight are answered; then what is left is cut.',
        }),
      },
      { ...closed, description: 'SIGTERM and SIGINT.' },
    ),
    log: Type.Object(
      {
        level: Type.Enum(['error', 'warn', 'info', 'debug'], {
          default: 'info',
          description: 'The least severe level that is logged.',
        }),
        format: Type.Enum(['auto', 'json', 'pretty'], {
          default: 'auto',
          description:
            '`json` writes one object a line, `pretty` text to read; `auto` is pretty on a terminal, else json.',
        }),
      },
      { ...closed, description: 'The log, on standard output.' },
    ),
  },
  closed,
)

/** A checked configuration file with its defaults filled in. */
export type Config = Static<typeof ConfigSchema>
