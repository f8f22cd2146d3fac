export {
  EtcdOutcomeUnknownError,
  EtcdRefusedError,
  EtcdRevisionTooLargeError,
  EtcdUnavailableError,
} from './errors.ts'
export { type EtcdStoreOptions, openEtcdStore } from './open-etcd-store.ts'
