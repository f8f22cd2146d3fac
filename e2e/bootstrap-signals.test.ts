import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type RunningProcess, repositoryRoot, startProcess } from '@sluice/harness'

/** What `npm start` and the others start is stopped with them, whoever gets the signal. */
describe('the scripts behind npm run', () => {
  let folder: string
  const started: RunningProcess[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-signals-'))
    const command = `node ${join(repositoryRoot, 'scripts/with-node24.mjs')} node ${join(repositoryRoot, 'e2e/support/stubborn.mjs')}`
    const failing = `node ${join(repositoryRoot, 'scripts/with-node24.mjs')} node -e "process.exit(7)"`
    const scripts = { polite: command, stubborn: `${command} --stay`, failing }
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'signals', private: true, scripts }))
  })
  after(async () => {
    await Promise.all(started.map((each) => each.stop(0)))
    await rm(folder, { recursive: true, force: true })
  })

  /** Starts an npm script and waits until all of it runs. */
  const npmRun = async (script: string) => {
    const npm = await startProcess('npm', ['run', '--silent', script], {
      cwd: folder,
      env: { ...process.env, SLUICE_STOP_GRACE_MS: '500' },
      ready: /pids \d+ \d+\n/,
    })
    started.push(npm)
    const [child = 0, grandchild = 0] = npm.output.match(/\d+/g)?.map(Number) ?? []
    const wrapper = await parentOf(child)
    return { npm, child, grandchild, wrapper }
  }

  it('stop when npm alone gets SIGTERM', async () => {
    const { npm, child, grandchild, wrapper } = await npmRun('polite')
    npm.kill('SIGTERM')
    await allGone(child, grandchild, wrapper, npm.pid)
    assert.equal(npm.output.split('got SIGTERM').length, 2, 'the child was told once')
  })

  it('stop when npm alone is killed', async () => {
    const { npm, child, grandchild, wrapper } = await npmRun('polite')
    npm.kill('SIGKILL')
    await allGone(child, grandchild, wrapper, npm.pid)
    assert.match(npm.output, /got SIGTERM/)
  })

  it('stop when the script itself is killed', async () => {
    const { npm, child, grandchild, wrapper } = await npmRun('polite')
    process.kill(wrapper, 'SIGKILL')
    await allGone(child, grandchild, wrapper, npm.pid)
    assert.match(npm.output, /got SIGTERM/)
  })

  it('pass the exit code back', async () => {
    const npm = await startProcess('npm', ['run', '--silent', 'failing'], { cwd: folder })
    assert.deepEqual(await npm.exited, { code: 7, signal: null })
  })

  it('pass Ctrl-C on once', async () => {
    const { npm, child, grandchild, wrapper } = await npmRun('polite')
    // A terminal sends it to the whole foreground group; npm leads it here.
    process.kill(-npm.pid, 'SIGINT')
    await allGone(child, grandchild, wrapper, npm.pid)
    assert.equal(npm.output.split('got SIGINT').length, 2, 'the child was told once')
  })

  it('pass SIGHUP on when the terminal goes away', async () => {
    const { npm, child, grandchild, wrapper } = await npmRun('polite')
    process.kill(-npm.pid, 'SIGHUP')
    await allGone(child, grandchild, wrapper, npm.pid)
    assert.match(npm.output, /got SIGHUP/)
  })

  it('kill a child that stays, and everything it has started', async () => {
    const { npm, child, grandchild, wrapper } = await npmRun('stubborn')
    process.kill(wrapper, 'SIGTERM')
    await npm.waitFor(/got SIGTERM/)
    await allGone(child, grandchild, wrapper, npm.pid)
  })
})

async function parentOf(pid: number): Promise<number> {
  const ps = await startProcess('ps', ['-o', 'ppid=', '-p', String(pid)])
  await ps.exited
  return Number(ps.stdout)
}

/** The end of a process that is not our child can only be asked for. */
async function allGone(...pids: readonly number[]): Promise<void> {
  while (pids.some(isThere)) await new Promise((resolve) => setTimeout(resolve, 20))
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
