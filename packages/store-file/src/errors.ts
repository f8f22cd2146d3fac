import { defineError } from '@sluice/spi'

/** A file that is broken at the start, where no last good version of it is kept. */
export const StoreFileInvalidError = defineError(
  'STORE_FILE_INVALID',
  {},
  'the configuration file %s cannot be served: %s; correct it and start again',
)

/** A write while the file is broken: it would take away what somebody is about to correct. */
export const StoreFileBrokenError = defineError(
  'STORE_FILE_BROKEN',
  { status: 503 },
  'nothing was written: the configuration file %s is broken: %s; correct it first',
)

/** A write to a file that cannot be replaced. */
export const StoreFileUnwritableError = defineError(
  'STORE_FILE_UNWRITABLE',
  { status: 503 },
  'nothing was written: the configuration file %s cannot be: %s; change it where it comes from, or let the gateway write it',
)
