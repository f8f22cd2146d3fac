/** Where a data plane listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** Whether other processes of this user may listen there too, among whom the system shares out the clients (Linux). */
  readonly reusePort?: boolean
  /** With TLS, by the certificates of the configuration. */
  readonly tls?: boolean
}
