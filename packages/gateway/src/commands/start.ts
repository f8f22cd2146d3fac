import { styleText } from 'node:util'
import { isSluiceError } from '@sluice/spi'
import { openLog } from '../log.ts'
import { loadModules } from '../modules/load-modules.ts'
import { readSetup } from '../start/read-setup.ts'
import { runUntilStopped } from '../start/run-until-stopped.ts'
import { startGateway } from '../start/start-gateway.ts'
import { readVersion } from '../version.ts'

/** `sluice start`: serves until it is told to stop. */
export async function startCommand(file: string | undefined): Promise<number> {
  const { added, missing, modules, registry, settings, ...config } = await readSetup(file, process.env)
  const log = openLog(settings.log, settings.workers > 1 ? 'main' : undefined)
  for (const warning of config.warnings) log.warn({}, warning)
  for (const err of missing)
    log.error({ err }, 'a package of the configuration cannot be used: the gateway starts without it')
  try {
    const gateway = await startGateway({
      settings,
      registry,
      modules,
      added,
      environment: process.env,
      log,
      showNewKey,
    })
    const { adminUrl, dataUrls, statusUrl, survives } = gateway
    const about = { version: readVersion(), config: config.file ?? 'defaults', dataDir: settings.dataDir }
    log.info({ adminUrl, dataUrls, statusUrl, ...about }, 'ready')
    const exit = (code: number): void => {
      log.flush()
      process.exit(code)
    }
    const code = await runUntilStopped({ source: process, log, survives, close: gateway.close, exit })
    log.info({}, 'stopped')
    exit(code)
    return code
  } catch (error) {
    // A schema of what ships that does not compile fails the start without its owner's name; this tells it.
    if (!isSluiceError(error)) await loadModules(modules, { checkAll: true })
    throw error
  } finally {
    log.flush()
  }
}

/** On standard error and not in the log, which other people and programs read. */
function showNewKey(key: string, file: string): void {
  const bold = (text: string) => styleText('bold', text, { stream: process.stderr })
  process.stderr.write(
    `\nA key for the Admin API was made. It is shown only now, and kept in ${file}:\n\n  ${bold(key)}\n\n` +
      'Send it in the X-API-KEY header.\n\n',
  )
}
