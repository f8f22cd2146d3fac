import { Command, type CommandOptions } from './command.ts'
import type { KafkaError } from './errors.ts'

/** The longest that a timer of Node can run, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Commands at work and the one timer that ends them at their deadlines: a timer for each would cost more than all else
 * that is counted about a command. The timer is left to run when its command is answered, and looks again when it fires.
 */
export class CommandSet {
  readonly #commands: Command[] = []
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  get size(): number {
    return this.#commands.length
  }

  /** Begins a command, which `end` must be called with when it is answered. */
  begin(options: CommandOptions): Command {
    const command = new Command(options)
    command.place = this.#commands.push(command) - 1
    if (command.error === undefined && command.deadline < this.#timerAt) this.#arm(command.deadline)
    return command
  }

  end(command: Command): void {
    command.finish()
    const { place } = command
    if (this.#commands[place] !== command) return
    // The last one takes its place: a set that is filled and emptied for each command would cost more.
    const last = this.#commands.pop()
    if (last === undefined || last === command) return
    this.#commands[place] = last
    last.place = place
  }

  /** Cancels every command and stops the timer. */
  cancel(error: KafkaError): void {
    for (const command of [...this.#commands]) command.cancel(error)
    this.stop()
  }

  /** Stops the timer; a command begun later starts it again. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #arm(deadline: number): void {
    this.stop()
    this.#timerAt = deadline
    const ms = Math.min(Math.max(Math.ceil(deadline - performance.now()), 1), LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => this.#expire(), ms)
  }

  #expire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    let earliest = Number.POSITIVE_INFINITY
    for (const command of [...this.#commands]) {
      if (command.timeLeft === 0) command.expire()
      else if (command.error === undefined) earliest = Math.min(earliest, command.deadline)
    }
    if (earliest < this.#timerAt) this.#arm(earliest)
  }
}
