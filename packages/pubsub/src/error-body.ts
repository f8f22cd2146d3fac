import { isSluiceError, type Log, type SluiceError } from '@sluice/spi'
import type { Codec } from './codec.ts'
import { CommandFailed } from './errors.ts'
import type { HookChain } from './hook-chain.ts'
import { type NamedBody, ownedBody } from './outgoing.ts'

/** What the answer of an error is made with. */
export interface ErrorBodyTools {
  readonly codec: Codec
  /** Of plugins that look at messages. */
  readonly hooks?: HookChain
  readonly log: Log
}

/**
 * The ErrorResp of an error, as the hooks leave it. One that a hook refuses or fails on is answered with that, which no hook sees;
 * one that no ErrorResp can hold is logged and answered PUBSUB_COMMAND_FAILED.
 */
export function errorBody(error: SluiceError, sequence: bigint, { codec, hooks, log }: ErrorBodyTools): NamedBody {
  try {
    const response = { ...error.details, code: error.place.reply ?? 0, message: error.message }
    const body = { name: 'error_resp', body: ownedBody(codec.encodeResponse('error_resp', response)) }
    return hooks === undefined ? body : hooks.answer(body, sequence)
  } catch (failure) {
    if (isSluiceError(failure)) return errorBody(failure, sequence, { codec, log })
    log.error({ err: failure, code: error.code }, 'an ErrorResp cannot hold the number or the details of an error')
    return errorBody(new CommandFailed({ cause: failure }), sequence, { codec, log })
  }
}
