import { styleText } from 'node:util'

/** Something to write text to, such as standard output. */
export interface Screen {
  write(text: string): unknown
}

/** What the user sees. */
export interface Report {
  /** Does one step and tells what came of it and how long it took. */
  step<T>(name: string, work: () => Promise<T>, done: (result: T) => string): Promise<T>
  /** A line while a step is under way. */
  progress(line: string): void
  /** Lines to be read or copied, set off from the rest. */
  show(lines: readonly string[]): void
  /** A line of its own. */
  say(line: string): void
}

/** Makes a report. */
export function createReport(screen: Screen, now: () => number = () => performance.now()): Report {
  const line = (text: string) => screen.write(`${text}\n`)
  const dim = (text: string) => styleText('dim', text)
  return {
    async step(name, work, done) {
      const start = now()
      try {
        const result = await work()
        line(`${styleText('green', '✓')} ${done(result)} ${dim(`(${formatDuration(now() - start)})`)}`)
        return result
      } catch (error) {
        line(`${styleText('red', '✗')} ${name} failed ${dim(`(${formatDuration(now() - start)})`)}`)
        throw error
      }
    },
    progress: (text) => line(dim(`  ${text}`)),
    show: (lines) => line(`\n${lines.map((text) => `    ${text}`.trimEnd()).join('\n')}\n`),
    say: line,
  }
}

function formatDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
