import { Type } from 'typebox'

const closed = { additionalProperties: false }

/** `deployment.role`. */
export const Role = Type.Enum(['traditional'], {
  default: 'traditional',
  description: 'What the gateway does: it serves clients and the Admin API.',
})

/** The section `deployment.role_traditional`. */
export const RoleTraditional = Type.Object(
  {
    config_provider: Type.Enum(['embedded', 'etcd'], {
      default: 'embedded',
      description:
        'Where routes, services and upstreams are kept: `embedded` in `data_dir`, for one gateway, or `etcd`, which ' +
        'several gateways share.',
    }),
  },
  { ...closed, description: 'The role `traditional`.' },
)
