import { Type } from 'typebox'

const closed = { additionalProperties: false }

const file = (description: string, name: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      description: `${description} A relative path starts at the folder of the configuration file.`,
      examples: [`/etc/sluice/${name}`],
      hint: `write a path such as /etc/sluice/${name}`,
    }),
  )

const Tls = Type.Object(
  {
    verify: Type.Boolean({
      default: true,
      description: 'Whether the certificate of etcd is checked.',
    }),
    ca: file(
      "File of the authorities that sign etcd's certificate, PEM; those of the system where it is left out.",
      'ca.pem',
    ),
    cert: file('File of the certificate that is shown to etcd, PEM.', 'etcd-client.pem'),
    key: file('File of its key, PEM.', 'etcd-client.key'),
    sni: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Name that etcd's certificate is for, where it is not the host of the URL.",
        examples: ['etcd.example'],
        hint: 'write a name such as etcd.example',
      }),
    ),
  },
  { ...closed, description: 'TLS to the hosts whose URL begins with https.' },
)

/** The section `deployment.etcd`, with the keys of APISIX's. */
export const Etcd = Type.Object(
  {
    host: Type.Array(Type.String({ minLength: 1, hint: 'write a URL such as http://127.0.0.1:2379' }), {
      default: ['http://127.0.0.1:2379'],
      minItems: 1,
      description: 'URLs of the members; the next one is asked where one does not answer.',
      hint: 'write a list of URLs such as http://127.0.0.1:2379',
    }),
    prefix: Type.String({
      default: '/apisix',
      minLength: 1,
      description: 'What all keys begin with.',
      hint: 'write a prefix such as /apisix',
    }),
    timeout: Type.Number({
      minimum: 0.1,
      maximum: 3600,
      default: 10,
      description: 'Seconds that one read or write may take, all members that are tried included.',
    }),
    user: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'User of etcd, where it has authentication on.',
        examples: ['sluice'],
        hint: 'write the name of a user of etcd',
      }),
    ),
    password: Type.Optional(
      Type.String({
        minLength: 1,
        secret: true,
        description: 'Password of that user.',
        examples: [`\${{SLUICE_ETCD_PASSWORD}}`],
        hint: `write \${{NAME}} to take it from the environment`,
      }),
    ),
    tls: Tls,
  },
  { ...closed, description: 'The cluster of etcd, where `config_provider` is `etcd`.' },
)
