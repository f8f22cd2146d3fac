import { Type } from 'typebox'

const closed = { additionalProperties: false }

const SslAddress = Type.Object(
  {
    ip: Type.String({
      default: '0.0.0.0',
      minLength: 1,
      description: 'Address to listen on.',
      hint: 'write an address such as 0.0.0.0',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65535,
      description: 'TCP port; 0 takes a free one and logs it.',
      hint: 'write a port such as 9443',
    }),
  },
  closed,
)

/** The section `apisix.ssl`. */
export const Ssl = Type.Object(
  {
    enable: Type.Boolean({
      default: false,
      description: 'Serves clients by TLS too, from TLS 1.2 on, with the certificates of the resource `ssls`.',
    }),
    listen: Type.Array(SslAddress, {
      default: [{ ip: '0.0.0.0', port: 9443 }],
      minItems: 1,
      description: 'Where they connect then, HTTP/1.1 and WebSocket over TLS.',
      hint: 'write a list of {ip, port}',
    }),
  },
  { ...closed, description: 'TLS of the data plane.' },
)
