import type { CommandOption } from './command.ts'

/** Where a gateway of this machine has its Admin API. */
export const defaultAdminUrl = 'http://127.0.0.1:9180'
/** Where a gateway that was started here keeps its key. */
export const defaultKeyFile = 'sluice-data/admin.key'

/** The options of commands that ask an Admin API. */
export const adminOptions: readonly (readonly [string, CommandOption])[] = [
  ['admin', { value: 'url', description: `The Admin API; by default SLUICE_ADMIN_URL, else ${defaultAdminUrl}.` }],
  [
    'admin-key-file',
    { value: 'file', description: `Holds its key; by default SLUICE_ADMIN_KEY is the key, else ${defaultKeyFile}.` },
  ],
  ['ca', { value: 'file', description: 'PEM: checks its certificate, in place of the authorities of the system.' }],
  ['cert', { value: 'file', description: 'PEM: the certificate that is shown to it.' }],
  ['key', { value: 'file', description: 'PEM: the key of that certificate.' }],
]
