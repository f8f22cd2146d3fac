import { Type } from 'typebox'

const closed = { additionalProperties: false }

/** `deployment.role`. */
export const Role = Type.Enum(['traditional', 'control_plane', 'data_plane'], {
  default: 'traditional',
  description:
    'What the gateway does: `control_plane` serves the Admin API, `data_plane` serves clients, `traditional` both. The first ' +
    'two share their configuration in etcd.',
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

const shared = (role: string) =>
  Type.Object(
    {
      config_provider: Type.Enum(['etcd'], {
        default: 'etcd',
        description: 'Where routes, services and upstreams are kept.',
      }),
    },
    { ...closed, description: `The role \`${role}\`.` },
  )

/** The section `deployment.role_control_plane`. */
export const RoleControlPlane = shared('control_plane')

/** The section `deployment.role_data_plane`. */
export const RoleDataPlane = shared('data_plane')
