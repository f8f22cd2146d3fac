/** The client's side of one SASL exchange. */
export interface SaslExchange {
  /** What must not be in a message, even where the broker repeats it. */
  readonly secret: string
  /**
   * The next message to the broker, given the broker's last one (undefined at the start); undefined when the exchange is
   * complete. Rejects with KAFKA_SASL_FAILED when the broker's message is not acceptable.
   */
  respond(challenge: Buffer | undefined): Promise<Buffer | undefined>
  /** Told that the broker refuses; gives what is known about it besides the broker's text, or undefined. */
  refused?(): string | undefined
}
