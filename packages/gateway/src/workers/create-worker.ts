import { createFieldCipher } from '@sluice/core'
import type { DataPlane } from '@sluice/server'
import { openLog, type ProgramLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { loadModules } from '../modules/load-modules.ts'
import { createSurviveFault, type SurviveFault } from '../modules/survive-fault.ts'
import { createPlane } from '../start/create-plane.ts'
import { selectPlugins } from '../start/select-plugins.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { createServedConfiguration, type ServedConfiguration } from './served-configuration.ts'

/** What a worker is made of once it is started. */
interface WorkerParts {
  readonly plane: DataPlane
  readonly configuration: ServedConfiguration
  readonly log: ProgramLog
}

type Start = Extract<ToWorker, { readonly kind: 'start' }>

/** The whole of a worker process: gives what takes the messages of the main process, one after the other. */
export function createWorker(): (message: ToWorker) => void {
  const metrics = createMetrics()
  let parts: WorkerParts | undefined
  let listeners = 0
  let last: Promise<void> = Promise.resolve()

  const start = async ({ worker, setup, snapshot }: Start): Promise<void> => {
    const { settings, modules, keys } = setup
    const log = openLog({ ...settings.log, format: 'json' }, worker)
    let survives: SurviveFault = () => false
    process.on('uncaughtException', (error) => {
      if (survives(error)) return
      log.fatal({ err: error }, 'an error that nothing caught: exiting')
      log.flush()
      process.exit(1)
    })
    const loaded = await loadModules(modules)
    survives = createSurviveFault(loaded.added, { log, metrics: metrics.metrics })
    const registry = selectPlugins(loaded, settings.plugins)
    const plane = createPlane({
      settings,
      registry,
      cipher: createFieldCipher(keys, settings.keyring),
      log,
      metrics: metrics.metrics,
    })
    parts = { plane, log, configuration: createServedConfiguration(plane, tell) }
    parts.configuration.replace(snapshot)
  }

  const act = async (message: ToWorker): Promise<void> => {
    if (message.kind === 'start') return start(message)
    if (parts === undefined) throw new Error(`a worker was told to ${message.kind} before it was started`)
    const { plane, configuration } = parts
    switch (message.kind) {
      case 'change':
        return configuration.change(message.revision)
      case 'snapshot':
        return configuration.replace(message.snapshot)
      case 'ping':
        tell({ kind: 'pong' })
        return configuration.compare(message.revision)
      case 'listen':
        for (const address of message.addresses) await plane.listen({ ...address, reusePort: true })
        listeners += message.addresses.length
        return tell({ kind: 'listening', listeners })
      case 'drain':
        // Changes of the configuration are served until the end.
        void end(parts, message.timeoutMs).catch(fail)
        return
    }
  }

  return (message) => {
    // Not in line: a scrape is answered while a drain waits for clients.
    if (message.kind === 'scrape') {
      void metrics.collect().then((families) => tell({ kind: 'metrics', scrape: message.scrape, families }))
      return
    }
    last = last.then(() => act(message)).catch(fail)
  }
}

async function end({ plane, log }: WorkerParts, timeoutMs: number): Promise<void> {
  await plane.drain(timeoutMs)
  await plane.close()
  log.flush()
  process.exit(0)
}

function tell(message: FromWorker): void {
  // The main process may be gone; the end of this one is under way then.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

/** Without its configuration or its listeners a worker is of no use: the main process replaces it. */
function fail(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (!process.connected) process.exit(1)
  process.send?.({ kind: 'failed', message } satisfies FromWorker, undefined, undefined, () => process.exit(1))
}
