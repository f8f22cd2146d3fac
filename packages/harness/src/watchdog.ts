import { type ChildProcess, spawn } from 'node:child_process'

// `$$` is the shell that becomes the command through exec, so the child's pid is the command's own.
// The background part reads one line: it gets one when the command has ended, and end-of-file when
// our process has died, however it died.
const SCRIPT = `
folder=$1; shift
(
  if ! read -r _ <&3; then
    kill -9 $$
    tries=0
    while kill -0 $$ && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.05; done
    if [ -n "$folder" ]; then rm -rf "$folder"; fi
  fi
) >/dev/null 2>&1 &
exec "$@" 3<&-
`

export interface WatchedOptions {
  readonly cwd?: string | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  /** A folder to remove when this process dies before the child; none by default. */
  readonly folder?: string | undefined
}

/**
 * Starts a child that does not outlive this process, not even when this process is killed with SIGKILL. The child runs in
 * a session of its own, so Ctrl-C in a terminal does not reach it. A command that does not exist ends with code 127.
 */
export function spawnWatched(command: string, args: readonly string[], options: WatchedOptions = {}): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'watchdog', options.folder ?? '', command, ...args], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const lifeline = child.stdio[3]
  if (lifeline && 'end' in lifeline) {
    // The watchdog may be gone already when its process group was killed.
    lifeline.on('error', () => {})
    child.once('exit', () => lifeline.end('\n'))
  }
  return child
}
