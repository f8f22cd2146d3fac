export {
  StoreCorruptError,
  StoreFailedError,
  StoreForeignError,
  StoreLockedError,
  StoreTooNewError,
} from './errors.ts'
export { openSqliteStore, type SqliteStoreOptions } from './open-sqlite-store.ts'
