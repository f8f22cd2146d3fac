import { Type } from 'typebox'

/** What `upstream.echo` may hold. */
export const EchoOptions = Type.Object(
  {
    status: Type.Integer({ minimum: 200, maximum: 599, default: 200, description: 'Status of each answer.' }),
    headers: Type.Record(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9a-z-]+$" }), Type.String(), {
      default: {},
      description: 'Further header fields of each answer, names in lower case.',
    }),
    max_body_bytes: Type.Integer({
      minimum: 0,
      maximum: 10_485_760,
      default: 65_536,
      description: 'Bytes of the longest body that is taken; a longer one is answered 413.',
    }),
  },
  { additionalProperties: false },
)
