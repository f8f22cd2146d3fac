// A child for bootstrap-signals.test.ts: says its pid, then each signal it gets; ends on SIGTERM and SIGINT with code 7,
// unless told to stay. Starts a grandchild that knows nothing of signals.
import { spawn } from 'node:child_process'

const stay = process.argv.includes('--stay')
const grandchild = spawn('sleep', ['600'], { stdio: 'ignore' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    console.log(`got ${signal}`)
    if (!stay) setTimeout(() => process.exit(7), 50)
  })
}
setInterval(() => {}, 1000)
console.log(`pids ${process.pid} ${grandchild.pid}`)
