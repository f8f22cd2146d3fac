export { StoreFileBrokenError, StoreFileInvalidError, StoreFileUnwritableError } from './errors.ts'
export { type FileStoreOptions, openFileStore, type ReadDocument } from './open-file-store.ts'
