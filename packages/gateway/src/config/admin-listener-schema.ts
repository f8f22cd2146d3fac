import { Type } from 'typebox'

const file = (description: string, name: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      description: `${description} A relative path starts at the folder of the configuration file.`,
      examples: [`/etc/sluice/${name}`],
      hint: `write a path such as /etc/sluice/${name}`,
    }),
  )

/** `deployment.admin.https_admin`. */
export const HttpsAdmin = Type.Boolean({
  default: false,
  description: 'Serves the Admin API by HTTPS, from TLS 1.2 on, with the certificate of `admin_api_mtls`.',
})

/** The section `deployment.admin.admin_api_mtls`, with the keys of APISIX's. */
export const AdminApiMtls = Type.Object(
  {
    admin_ssl_cert: file('File of the certificate and those between it and the CA, PEM.', 'admin.pem'),
    admin_ssl_cert_key: file('File of its private key, PEM.', 'admin.key'),
    admin_ssl_ca_cert: file(
      'File of the CAs of clients, PEM; where it is given, clients need a certificate of one of them.',
      'admin-clients.pem',
    ),
  },
  {
    additionalProperties: false,
    description: 'TLS of the Admin API, where `https_admin` is true. Files that change are read again within seconds.',
  },
)

/** `deployment.admin.allowed_hosts`. */
export const AllowedHosts = Type.Array(Type.String({ minLength: 1, hint: 'write a name such as gateway.example' }), {
  default: [],
  description:
    'Names, without a port, that the Admin API answers to besides localhost and its address (the header `Host`). ' +
    'Without any it answers to no others on loopback, and to all elsewhere.',
  hint: 'write a list of names such as gateway.example',
})
