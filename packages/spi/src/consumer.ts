/** Who asks, as a plugin of authentication has found out. A consumer of the Admin API. @public */
export interface Consumer {
  /** `username` of the consumer (APISIX). */
  readonly username: string
  /** Of its consumer group, where it is in one. */
  readonly groupId?: string
  /** Of the credential by which it was found; absent where the consumer itself holds the key. */
  readonly credentialId?: string
}

/** A consumer with what it, or the credential by which it was found, holds for the plugin that asked. @public */
export interface ConsumerMatch {
  /** Who it is. */
  readonly consumer: Consumer
  /** Checked against `ConsumerPart.config`, defaults filled in, secrets decrypted. */
  readonly config: Readonly<Record<string, unknown>>
}

/** The consumers of the configuration that is served, for one plugin of authentication. @public */
export interface Consumers {
  /**
   * The consumer for which the field `ConsumerPart.key` of the plugin has this value. How long it takes tells nothing of the
   * values that there are.
   */
  find(value: string): ConsumerMatch | undefined
  /** A consumer by its name, for who stands for all who do not say who they are. */
  named(username: string): Consumer | undefined
}
