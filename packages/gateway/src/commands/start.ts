import { styleText } from 'node:util'
import { isSluiceError } from '@sluice/spi'
import { loadConfig } from '../config/load.ts'
import { loadModules } from '../load-modules.ts'
import { openLog } from '../log.ts'
import { standardModules } from '../standard.ts'
import { checkSchemas } from '../start/check-schemas.ts'
import { runUntilStopped } from '../start/run-until-stopped.ts'
import { selectPlugins } from '../start/select-plugins.ts'
import { startGateway } from '../start/start-gateway.ts'
import { readVersion } from '../version.ts'

/** `sluice start`: serves until it is told to stop. */
export async function startCommand(file: string | undefined): Promise<number> {
  const installed = await loadModules(standardModules)
  const config = await loadConfig(file, {
    environment: process.env,
    installedPlugins: [...installed.plugins.keys()],
  })
  const { settings } = config
  const registry = selectPlugins(installed, settings.plugins)
  const log = openLog(settings.log, settings.workers > 1 ? 'main' : undefined)
  for (const warning of config.warnings) log.warn({}, warning)
  try {
    const gateway = await startGateway({
      settings,
      registry,
      modules: standardModules,
      environment: process.env,
      log,
      showNewKey,
    })
    const { adminUrl, dataUrls, statusUrl } = gateway
    const about = { version: readVersion(), config: config.file ?? 'defaults', dataDir: settings.dataDir }
    log.info({ adminUrl, dataUrls, statusUrl, ...about }, 'ready')
    const exit = (code: number): void => {
      log.flush()
      process.exit(code)
    }
    const code = await runUntilStopped({ source: process, log, close: gateway.close, exit })
    log.info({}, 'stopped')
    exit(code)
    return code
  } catch (error) {
    // A schema that does not compile fails the start without its owner's name; this tells it.
    if (!isSluiceError(error)) checkSchemas(registry)
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
