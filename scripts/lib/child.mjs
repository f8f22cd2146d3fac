import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** How long a child may take to end after a signal. */
const GRACE_MS = Number(process.env.SLUICE_STOP_GRACE_MS || 20_000)
// One Ctrl-C may come twice: from the terminal and from npm, which passes signals on.
const SAME_SIGNAL_MS = 500

// The child leads a session of its own: a signal reaches it once, through us, and its whole group can be swept away.
// The background shell ends it when our end of the pipe closes, that is when we die, however we die.
const GUARD = `
(
  if ! read -r _ <&3; then
    kill -TERM $$
    tries=0
    while kill -0 $$ && [ $tries -lt 200 ]; do tries=$((tries + 1)); sleep 0.1; done
    kill -KILL 0
  fi
) >/dev/null 2>&1 </dev/null &
exec "$@" 3<&-
`

const running = new Set()
let stopSignal
let watching = false

/** The exit code to end with when a signal, or the death of our parent, has asked everything to stop; undefined before. */
export const stopCode = () => (stopSignal ? codeOfSignal(stopSignal) : undefined)

/** The exit code of a process that a signal ended, as shells say it. */
const codeOfSignal = (signal) => 128 + (constants.signals[signal] ?? 0)

/**
 * Runs a child in the foreground and resolves with its exit code. Signals are passed on; when our parent is gone (npm does
 * not pass on a SIGTERM that it alone gets) the child gets a SIGTERM; one that stays 20 s after a signal
 * (`SLUICE_STOP_GRACE_MS`) is killed. Nothing
 * it has started in its process group is left running.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, output?: (text: string) => void }} [options] `output` takes what it
 *   writes; without it the child writes to our stdout and stderr
 * @returns {Promise<number>}
 */
export function runChild(command, args, options = {}) {
  return startChild(command, args, options).exited
}

/** The same, not waited for: gives the child too. */
export function startChild(command, args, { cwd, env, output, stdin = 'inherit' } = {}) {
  watch()
  const write = output ? 'pipe' : 'inherit'
  const child = spawn('/bin/sh', ['-c', GUARD, 'sluice', command, ...args], {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: [stdin, write, write, 'pipe'],
  })
  const guard = child.stdio[3]
  guard.on('error', () => {})
  if (output) for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', output)
  running.add(child)
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      guard.end('\n')
      sweep(child.pid)
      running.delete(child)
      const settle = () => resolve(code ?? codeOfSignal(signal))
      if (output) child.once('close', settle)
      else settle()
    })
  })
  if (stopSignal) stop(child, stopSignal)
  return { child, exited }
}

/** Sends the child a signal, and SIGKILL to its group if it has not ended in time. */
export function stop(child, signal) {
  child.kill(signal)
  child.hardStop ??= setTimeout(() => sweep(child.pid), GRACE_MS).unref()
}

/** Kills what is left of a child's process group. */
function sweep(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left.
  }
}

function watch() {
  if (watching) return
  watching = true
  const lastSeen = new Map()
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = performance.now()
      const again = now - (lastSeen.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS
      lastSeen.set(signal, now)
      if (!again) stopAll(signal)
    })
  }
  watchParent()
}

function stopAll(signal) {
  stopSignal ??= signal
  for (const child of running) stop(child, signal)
}

/** Only under npm: what a user starts in the background of a shell outlives that shell. */
function watchParent() {
  if (!process.env.npm_lifecycle_event) return
  const alive = ancestors()
  const timer = setInterval(() => {
    if (ancestors() === alive) return
    clearInterval(timer)
    stopAll('SIGTERM')
  }, 500)
  timer.unref()
}

/** Our parent and, where that is the shell npm runs scripts with, npm: some shells stay, others become the command. */
function ancestors() {
  try {
    const [, shell, parent] =
      /^\d+ \((?:(sh|dash|ash|bash|zsh)|.*)\) \S (\d+)/.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8')) ?? []
    return shell ? `${process.ppid} ${parent}` : `${process.ppid}`
  } catch {
    // No /proc on this system, or the parent has just gone.
    return `${process.ppid}`
  }
}
