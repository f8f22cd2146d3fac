import { defineError } from '@sluice/spi'

/** A binary frame that is no PubSubReq; the text is APISIX's. */
export const WrongCommand = defineError('PUBSUB_WRONG_COMMAND', { reply: 1 }, 'wrong command')

/** A PubSubReq without a command, a zero-byte frame among them. */
export const EmptyCommand = defineError('PUBSUB_EMPTY_COMMAND', { reply: 2 }, 'empty command')

/** A command that the route's scheme does not have; the text is APISIX's. */
export const UnknownCommand = defineError('PUBSUB_UNKNOWN_COMMAND', { reply: 3 }, 'unknown command')

/** A text frame that is no command in JSON; the argument says why and shows one that is. */
export const WrongJson = defineError(
  'PUBSUB_WRONG_JSON',
  { reply: 4 },
  'wrong command: %s; a command looks like this: %s',
)

/** A query that chooses the form of `bytes` wrongly; the arguments name the parameter, why, and its choices. */
export const WrongQuery = defineError(
  'PUBSUB_WRONG_QUERY',
  { status: 400 },
  'the query parameter %s %s: write %s, or leave it out',
)

/** A command that its scheme did not answer in time. */
export const CommandTimedOut = defineError(
  'PUBSUB_COMMAND_TIMED_OUT',
  { reply: 5 },
  'no answer from the upstream within %s ms: try again, or raise the command timeout of the route',
)

/** An exception in a scheme; the log has it whole under the same code. */
export const CommandFailed = defineError(
  'PUBSUB_COMMAND_FAILED',
  { reply: 6 },
  'internal error: the gateway could not carry out this command; its log says why',
)

/** An exception in a plugin that looked at a command or its answer; the log has it whole. */
export const HookFailed = defineError(
  'PUBSUB_HOOK_FAILED',
  { reply: 7 },
  'internal error: the plugin %s failed on this command; the log of the gateway says why',
)

/** An exception in the gateway while it served a socket; the log has it whole under the same code. */
export const SessionFailed = defineError(
  'PUBSUB_SESSION_FAILED',
  { close: 1011 },
  'internal error: the log of the gateway says why',
)
