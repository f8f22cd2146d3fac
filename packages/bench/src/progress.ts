/** Shows what is going on, on standard error: one line that changes on a terminal, one line each elsewhere. */
export interface Progress {
  /** `passing` lines are shown on a terminal only. */
  show(text: string, passing?: boolean): void
  /** Leaves the screen as it is found. */
  end(): void
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  const wipe = '\r\u001b[K'
  return {
    show(text, passing = false) {
      if (stream.isTTY) stream.write(`${wipe}${text}`)
      else if (!passing) stream.write(`${text}\n`)
    },
    end() {
      if (stream.isTTY) stream.write(wipe)
    },
  }
}
