import { defineError } from '@sluice/spi'

// These end the program before anything is served, so they have no place in a response.
const nowhere = {}

export const ConfigUnreadable = defineError('CONFIG_UNREADABLE', nowhere, 'cannot read %s: %s')

export const ConfigInvalid = defineError('CONFIG_INVALID', nowhere, '%s')

export const ConfigExists = defineError(
  'CONFIG_EXISTS',
  nowhere,
  '%s is there already; nothing was written. Use another --config, or --force to replace it',
)

export const ConfigUnwritable = defineError('CONFIG_UNWRITABLE', nowhere, 'cannot write %s: %s')

export const DataDirUnusable = defineError(
  'DATA_DIR_UNUSABLE',
  nowhere,
  'cannot use %s: %s; set data_dir to a folder that this user may write',
)

export const KeyFileInvalid = defineError(
  'KEY_FILE_INVALID',
  nowhere,
  '%s does not hold %s; restore it from a backup, or delete it if nothing depends on it',
)

export const EncryptionKeyInvalid = defineError(
  'ENCRYPTION_KEY_INVALID',
  nowhere,
  'the environment variable %s does not hold keys of the form <id>:<32 bytes in base64>; correct it or unset it',
)

export const EncryptionKeyMissing = defineError(
  'ENCRYPTION_KEY_MISSING',
  nowhere,
  'the store has encrypted fields, but %s is gone; restore it from a backup or set %s',
)

export const EncryptionKeyRequired = defineError(
  'ENCRYPTION_KEY_REQUIRED',
  nowhere,
  'gateways that share a store need the same encryption keys: set %s for all of them, or put the keys into %s',
)

export const ListenFailed = defineError('LISTEN_FAILED', nowhere, 'cannot listen on %s for %s: %s (%s)')

export const AdminTlsUnusable = defineError(
  'ADMIN_TLS_UNUSABLE',
  nowhere,
  'cannot use %s for the TLS of the Admin API: %s; correct the files of deployment.admin.admin_api_mtls',
)

export const ModuleUnusable = defineError('MODULE_UNUSABLE', nowhere, 'cannot load the %s %s: %s')

/** Several of them, each as MODULE_UNUSABLE tells it. */
export const ModulesUnusable = defineError('MODULES_UNUSABLE', nowhere, '%s')

export const WorkerStartFailed = defineError('WORKER_START_FAILED', nowhere, 'worker %s did not start: %s')

export const AdminUnreachable = defineError(
  'ADMIN_UNREACHABLE',
  nowhere,
  'cannot reach the Admin API at %s: %s; start the gateway, or name another one with --admin',
)

export const AdminRefused = defineError('ADMIN_REFUSED', nowhere, 'the Admin API refused %s: %s')

export const AdminKeyMissing = defineError(
  'ADMIN_KEY_MISSING',
  nowhere,
  'no key for the Admin API: set SLUICE_ADMIN_KEY, name a file with --admin-key-file, or run where %s is',
)

export const ConfigurationUnusable = defineError(
  'CONFIGURATION_UNUSABLE',
  nowhere,
  'nothing was written: %s is faulty:\n  %s',
)

/** A reference to a secret that its manager does not give. */
export const SecretUnread = defineError('SECRET_UNREAD', nowhere, 'the secret %s cannot be read: %s')
