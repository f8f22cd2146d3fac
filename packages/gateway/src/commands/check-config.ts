import { styleText } from 'node:util'
import { defaultConfigFile } from '../config/default-file.ts'
import { formatListenAddress } from '../config/listen-address.ts'
import { loadConfig } from '../config/load.ts'
import { loadModules } from '../load-modules.ts'
import { standardModules } from '../standard.ts'
import { checkSchemas } from '../start/check-schemas.ts'
import { selectPlugins } from '../start/select-plugins.ts'

/** `sluice check-config`: reads the configuration as `start` does and shows what it amounts to. */
export async function checkConfigCommand(file: string | undefined): Promise<number> {
  const installed = await loadModules(standardModules)
  const config = await loadConfig(file, {
    environment: process.env,
    installedPlugins: [...installed.plugins.keys()],
  })
  const { settings } = config
  const registry = selectPlugins(installed, settings.plugins)
  checkSchemas(registry)
  const rows = [
    ['data plane', settings.dataListen.map(formatListenAddress).join(', ')],
    ['Admin API', formatListenAddress(settings.admin.listen)],
    ['admin keys', settings.admin.keys.length > 0 ? String(settings.admin.keys.length) : 'the one in the data folder'],
    ['status', formatListenAddress(settings.statusListen)],
    ['data folder', settings.dataDir],
    ['workers', String(settings.workers)],
    ['schemes', [...registry.schemes.keys()].join(', ')],
    ['plugins', [...registry.plugins.keys()].join(', ')],
  ] as const
  const head =
    config.file === undefined ? `no ${defaultConfigFile} here: every default holds` : `${config.file} is correct`
  const mark = styleText('green', '✓', { stream: process.stdout })
  process.stdout.write(`${mark} ${head}\n${rows.map(([name, value]) => `  ${name.padEnd(12)}${value}\n`).join('')}`)
  for (const warning of config.warnings) process.stderr.write(`warning: ${warning}\n`)
  return 0
}
