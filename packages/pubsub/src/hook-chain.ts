import {
  type HookMessage,
  isSluiceError,
  type Log,
  type MessageHooks,
  type NamedHooks,
  type SeenCommand,
  type SeenResponse,
} from '@sluice/spi'
import type { Call } from './call.ts'
import type { Codec } from './codec.ts'
import { HookFailed } from './errors.ts'
import { encodeMessage, toPlain } from './message.ts'
import { type NamedBody, ownedBody } from './outgoing.ts'

/** What a {@link HookChain} is made of. */
export interface HookChainOptions {
  /** In the order of their plugins. */
  readonly hooks: readonly NamedHooks[]
  readonly codec: Codec
  /** The repeated field that holds records, by the name of the answer. */
  readonly records: ReadonlyMap<string, string>
  /** Told of what a plugin threw that is no refusal. */
  readonly onFailed: (plugin: string) => void
  readonly log: Log
}

/** The message hooks of one socket. Answers are decoded for them, and only where one looks at answers. */
export class HookChain {
  readonly #options: HookChainOptions
  /** Whether a hook looks at answers. */
  readonly seesAnswers: boolean

  constructor(options: HookChainOptions) {
    this.#options = options
    this.seesAnswers = options.hooks.some(({ hooks }) => hooks.record !== undefined || hooks.response !== undefined)
  }

  /**
   * Lets the hooks see a command and gives what is left of it; at once where none of them needs time.
   *
   * @throws what a hook refuses with, PUBSUB_HOOK_FAILED; the same as a rejection
   */
  command(
    name: string,
    { sequence, message, call }: { readonly sequence: bigint; readonly message: HookMessage; readonly call: Call },
  ): HookMessage | Promise<HookMessage> {
    let current: HookMessage | Promise<HookMessage> = message
    for (const each of this.#options.hooks) {
      if (each.hooks.command === undefined) continue
      const see = (seen: HookMessage) =>
        this.#seeCommand(each, {
          name,
          sequence,
          message: seen,
          get signal() {
            return call.signal
          },
        })
      current = current instanceof Promise ? current.then(see) : see(current)
    }
    return current
  }

  /**
   * Lets the hooks see an answer and gives what is left of it. Takes the body over, whatever happens.
   *
   * @throws what a hook refuses with, PUBSUB_HOOK_FAILED
   */
  answer({ name, body }: NamedBody, sequence: bigint): NamedBody {
    const type = this.#options.codec.responses.get(name)
    if (!this.seesAnswers || type === undefined) return { name, body }
    try {
      const original = toPlain(type, type.decode(Buffer.concat(body.chunks, body.byteLength)))
      let message: HookMessage = original
      let changed: Buffer | undefined
      for (const each of this.#options.hooks) {
        const seen = message
        message = this.#seeResponse(each, { name, sequence, message })
        // One by one, so that what cannot be encoded is told with the name of the plugin that gave it.
        if (message !== seen) changed = this.#encode(each, name, message)
      }
      if (changed === undefined) return { name, body }
      body.release()
      return { name, body: ownedBody(changed) }
    } catch (error) {
      body.release()
      throw error
    }
  }

  close(): void {
    for (const { plugin, hooks } of this.#options.hooks) {
      Promise.try(() => hooks.close?.()).catch((error: unknown) => this.#tell(plugin, error))
    }
  }

  #seeCommand({ plugin, hooks }: NamedHooks, command: SeenCommand): HookMessage | Promise<HookMessage> {
    try {
      const given = hooks.command?.(command)
      if (!(given instanceof Promise)) return this.#changed(command, given)
      return given
        .then((changed) => this.#changed(command, changed))
        .catch((error: unknown) => {
          throw this.#refusal(plugin, error)
        })
    } catch (error) {
      throw this.#refusal(plugin, error)
    }
  }

  /** What a plugin made of a command, as the codec would give it: every scalar present, nothing that its fields cannot hold. */
  #changed({ name, message }: SeenCommand, changed: HookMessage | undefined): HookMessage {
    const type = this.#options.codec.commands.get(name)
    if (changed === undefined || type === undefined) return message
    return toPlain(type, type.decode(encodeMessage(type, changed)))
  }

  #seeResponse({ plugin, hooks }: NamedHooks, response: SeenResponse): HookMessage {
    try {
      const message = this.#seeRecords(hooks, response)
      return atOnce(hooks.response?.({ ...response, message })) ?? message
    } catch (error) {
      throw this.#refusal(plugin, error)
    }
  }

  #seeRecords(hooks: MessageHooks, response: SeenResponse): HookMessage {
    const { name, message } = response
    const field = this.#options.records.get(name)
    const records: unknown = field === undefined ? undefined : message[field]
    if (hooks.record === undefined || field === undefined || !Array.isArray(records)) return message
    let isChanged = false
    const seen = records.map((record: HookMessage) => {
      const given = atOnce(hooks.record?.(record, response))
      isChanged ||= given !== undefined
      return given ?? record
    })
    return isChanged ? { ...message, [field]: seen } : message
  }

  #encode({ plugin }: NamedHooks, name: string, message: HookMessage): Buffer {
    try {
      return this.#options.codec.encodeResponse(name, message)
    } catch (error) {
      throw this.#refusal(plugin, error)
    }
  }

  #refusal(plugin: string, error: unknown): unknown {
    if (isSluiceError(error) && (error.place.reply !== undefined || error.place.close !== undefined)) return error
    this.#tell(plugin, error)
    return new HookFailed(plugin, { cause: error })
  }

  #tell(plugin: string, error: unknown): void {
    this.#options.onFailed(plugin)
    this.#options.log.error({ err: error, plugin }, 'a plugin failed on a message')
  }
}

/** Answers are not kept waiting for plugins; a promise, which the types do not take, would be encoded as a message without fields. */
function atOnce(given: HookMessage | undefined): HookMessage | undefined {
  if (given instanceof Promise)
    throw new TypeError('the hooks record and response give a message, not a promise of one')
  return given
}
