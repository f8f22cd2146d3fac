import { Type } from 'typebox'

const closed = { additionalProperties: false }

/** `deployment.role`. */
export const Role = Type.Enum(['traditional', 'control_plane', 'data_plane'], {
  default: 'traditional',
  description:
    'What the gateway does: `control_plane` serves the Admin API, `data_plane` serves clients, `traditional` both. The first ' +
    'two share their configuration in etcd; `data_plane` may also follow a file.',
})

/** The section `deployment.role_traditional`. */
export const RoleTraditional = Type.Object(
  {
    config_provider: Type.Enum(['embedded', 'etcd', 'file', 'memory'], {
      default: 'embedded',
      description:
        'Where routes, services and upstreams are kept: `embedded` in `data_dir`, for one gateway, `etcd`, which several ' +
        'gateways share, `file`, a YAML file that is followed, or `memory`, which forgets them at the end.',
    }),
  },
  { ...closed, description: 'The role `traditional`.' },
)

/** The section `deployment.role_control_plane`. */
export const RoleControlPlane = Type.Object(
  {
    config_provider: Type.Enum(['etcd'], {
      default: 'etcd',
      description: 'Where routes, services and upstreams are kept.',
    }),
  },
  { ...closed, description: 'The role `control_plane`.' },
)

/** The section `deployment.role_data_plane`. */
export const RoleDataPlane = Type.Object(
  {
    config_provider: Type.Enum(['etcd', 'file'], {
      default: 'etcd',
      description: 'Where routes, services and upstreams are kept: `etcd`, or `file`, a YAML file that is followed.',
    }),
  },
  { ...closed, description: 'The role `data_plane`.' },
)
