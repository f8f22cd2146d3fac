/**
 * Errors as a product: each has a stable code, a place where it surfaces and a message that names what is at fault.
 * Only the edge (data plane, Admin API, pub/sub) turns one into a response; everything else throws and keeps the cause.
 */

/**
 * Where an error surfaces: `status` is the HTTP status before a WebSocket is accepted, `close` the WebSocket close code
 * (RFC 6455, section 7.4) that ends a socket, `reply` the `ErrorResp.code` that answers one command and keeps the socket.
 * @public
 */
export interface ErrorPlace {
  /** HTTP status, 200 to 599; 500 by default, for an error that is thrown before a WebSocket is accepted. */
  readonly status?: number
  /** Close code that a close frame may hold, e.g. 1000, 1008 or 3000 to 4999; 1011 by default, for an error that ends a socket. */
  readonly close?: number
  /** `ErrorResp.code`, an int32; 0 by default. */
  readonly reply?: number
}

/** What every error made by {@link defineError} carries besides `message` and `cause`. @public */
export interface SluiceError extends Error {
  /** Stable, `AREA_WHAT_HAPPENED`. */
  readonly code: string
  /** Where it surfaces. */
  readonly place: ErrorPlace
  /** Further fields of the `ErrorResp` that answers with it, by their proto names; fields that it does not have are left out. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Header fields of the HTTP answer, such as `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What an error may be given besides the values of its message. @public */
export interface ErrorOptions {
  /** What was caught before; goes into the log and never to a client. */
  readonly cause?: unknown
  /** As {@link SluiceError.details}. */
  readonly details?: Readonly<Record<string, unknown>>
  /** As {@link SluiceError.headers}. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The values that fill the `%s` of a message, one for each. @public */
export type MessageArguments<Message extends string> = Message extends `${string}%s${infer Rest}`
  ? [value: string | number | bigint, ...MessageArguments<Rest>]
  : []

/**
 * An error class of the catalogue; `new` takes one value for each `%s` of the message, then optionally its cause and details.
 * @public
 */
export interface ErrorDefinition<Message extends string = string> {
  new (...args: [...MessageArguments<Message>, options?: ErrorOptions]): SluiceError
  /** Stable, `AREA_WHAT_HAPPENED`. */
  readonly code: string
  /** Where its errors surface. */
  readonly place: ErrorPlace
  /** The message with its `%s`, as the documentation shows it. */
  readonly template: Message
}

// Found by key and not by instanceof: two copies of this package may be loaded, one by a scheme of its own.
const errorBrand = Symbol.for('sluice.error')

/**
 * Defines an error of the catalogue.
 *
 * @param code stable name, `AREA_WHAT_HAPPENED`
 * @param place HTTP status, WebSocket close code or `ErrorResp.code`
 * @param message text with one `%s` for each argument; never holds a secret
 * @throws RangeError where the place has a number that cannot be sent
 * @public
 */
export function defineError<const Message extends string>(
  code: string,
  place: ErrorPlace,
  message: Message,
): ErrorDefinition<Message> {
  checkPlace(code, place)
  return class extends Error implements SluiceError {
    // Loggers show the name of the class as the type of an error.
    static override readonly name = code
    static readonly code = code
    static readonly place = place
    static readonly template = message
    readonly code = code
    readonly place = place
    readonly details?: Readonly<Record<string, unknown>>
    readonly headers?: Readonly<Record<string, string>>
    readonly [errorBrand] = true

    constructor(...args: [...MessageArguments<Message>, options?: ErrorOptions]) {
      const last = args.at(-1)
      const options = typeof last === 'object' ? last : undefined
      const values = options === undefined ? args : args.slice(0, -1)
      let next = 0
      super(
        message.replaceAll('%s', () => String(values[next++])),
        options !== undefined && 'cause' in options ? { cause: options.cause } : undefined,
      )
      this.name = code
      if (options?.details !== undefined) this.details = options.details
      if (options?.headers !== undefined) this.headers = options.headers
    }
  }
}

/** Whether a thrown value was made by {@link defineError}, by whichever copy of this package. @public */
export function isSluiceError(value: unknown): value is SluiceError {
  return value instanceof Error && errorBrand in value
}

/** Whether a value, such as an export of a package's `errors.ts`, is a class made by {@link defineError}. @public */
export function isErrorDefinition(value: unknown): value is ErrorDefinition {
  return typeof value === 'function' && 'code' in value && 'place' in value && 'template' in value
}

/** Told when a package is loaded, and not when a client meets the error first. */
function checkPlace(code: string, { close, reply, status }: ErrorPlace): void {
  const refuse = (name: string, value: number, range: string): never => {
    throw new RangeError(`the error ${code} has ${name} ${value}, which must be ${range}`)
  }
  if (status !== undefined && !isWithin(status, 200, 599)) refuse('the status', status, 'a whole number of 200 to 599')
  if (reply !== undefined && !isWithin(reply, -(2 ** 31), 2 ** 31 - 1)) refuse('the reply', reply, 'an int32')
  if (close !== undefined && !isCloseCode(close)) {
    refuse('the close code', close, '1000 to 1014 without 1004, 1005 and 1006, or 3000 to 4999')
  }
}

/** Codes that may stand in a close frame (RFC 6455, section 7.4). */
function isCloseCode(code: number): boolean {
  return isWithin(code, 3000, 4999) || (isWithin(code, 1000, 1014) && ![1004, 1005, 1006].includes(code))
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
