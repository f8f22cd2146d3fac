import { defineError } from '@sluice/spi'

/** A store file that fails its integrity check. */
export const StoreCorruptError = defineError(
  'STORE_CORRUPT',
  {},
  'the configuration store %s is damaged (%s): restore it from a backup, or move it away to start with an empty one',
)

/** A store file that another process has open. */
export const StoreLockedError = defineError(
  'STORE_LOCKED',
  {},
  'the configuration store %s is in use by another process: stop that gateway, or give this one a data_dir of its own',
)

/** A store file written by a later version of Sluice. */
export const StoreTooNewError = defineError(
  'STORE_TOO_NEW',
  {},
  'the configuration store %s has format %s, which this version of Sluice does not know: run the version that wrote it',
)

/** A database that is not a configuration store. */
export const StoreForeignError = defineError(
  'STORE_FOREIGN',
  {},
  'the file %s is a database of another program: choose another data_dir, or move it away',
)

/** A failure of the file system: a full disk, a missing directory, a lack of rights. */
export const StoreFailedError = defineError('STORE_FAILED', {}, 'the configuration store %s failed: %s')
