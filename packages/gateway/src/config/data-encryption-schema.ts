import { Type } from 'typebox'

const hint = 'write a list of texts of 16 or 32 bytes, as data_encryption.keyring of APISIX has it'

/** The section `apisix.data_encryption`. */
export const DataEncryption = Type.Object(
  {
    keyring: Type.Array(Type.String({ secret: true, hint }), {
      default: [],
      description:
        'That of APISIX, for an etcd that both read and write: secret fields are then written in its form, AES-CBC, with the ' +
        'first entry, and read with all. Without it they are written in the own form, AES-GCM, which APISIX cannot read.',
      hint,
    }),
  },
  { additionalProperties: false, description: 'The encryption of secret fields.' },
)
