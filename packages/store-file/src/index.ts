export { StoreFileBrokenError, StoreFileInvalidError, StoreFileUnwritableError } from './errors.ts'
export { type FileStoreOptions, openFileStore, type ReadDocument } from './open-file-store.ts'
export { endsWithMark, type ParsedConfiguration, parseConfiguration } from './parse-configuration.ts'
export { renderConfiguration } from './render-configuration.ts'
