import type { Command, CommandOptions } from './command.ts'
import { CommandSet } from './command-set.ts'

/** Runs what has a deadline of its own, rather than that of a command of a client. */
export async function withCommand<T>(
  { timeoutMs, signal }: Pick<CommandOptions, 'timeoutMs' | 'signal'>,
  run: (command: Command) => Promise<T>,
): Promise<T> {
  const commands = new CommandSet()
  const command = commands.begin({ deadline: performance.now() + timeoutMs, timeoutMs, signal })
  try {
    return await run(command)
  } finally {
    commands.end(command)
    commands.stop()
  }
}
