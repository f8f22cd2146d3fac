import { styleText } from 'node:util'
import { defaultConfigFile } from '../config/default-file.ts'
import { formatListenAddress, type ListenAddress } from '../config/listen-address.ts'
import type { Settings } from '../config/settings.ts'
import type { AddedPackage } from '../modules/load-modules.ts'
import { readSetup } from '../start/read-setup.ts'

/** `sluice check-config`: reads the configuration as `start` does and shows what it amounts to. */
export async function checkConfigCommand(file: string | undefined): Promise<number> {
  const config = await readSetup(file, process.env, { checkAll: true })
  const { registry, settings } = config
  const { serves } = settings
  const rows = [
    ['data plane', serves.clients ? settings.dataListen.map(describe).join(', ') : 'none, by the role'],
    ...(serves.admin ? adminRows(settings) : [['Admin API', 'none, by the role'] as const]),
    ['status', formatListenAddress(settings.statusListen)],
    ['data folder', settings.dataDir],
    ['workers', String(settings.workers)],
    ['schemes', namesOf('scheme', registry.schemes, config.added)],
    ['plugins', namesOf('plugin', registry.plugins, config.added)],
  ] as const
  const head =
    config.file === undefined ? `no ${defaultConfigFile} here: every default holds` : `${config.file} is correct`
  const mark = styleText('green', '✓', { stream: process.stdout })
  process.stdout.write(`${mark} ${head}\n${rows.map(([name, value]) => `  ${name.padEnd(12)}${value}\n`).join('')}`)
  for (const { message } of config.missing) process.stderr.write(`warning: ${message}\n`)
  for (const warning of config.warnings) process.stderr.write(`warning: ${warning}\n`)
  return 0
}

/** Those of packages that the configuration names have these behind them. */
function namesOf(kind: 'scheme' | 'plugin', all: ReadonlyMap<string, unknown>, added: readonly AddedPackage[]): string {
  const shown = [...all.keys()].map((name) => {
    const own = added.find((each) => each.kind === kind && each.name === name)
    return own === undefined ? name : `${name} (${own.package})`
  })
  return shown.join(', ')
}

function describe(address: ListenAddress): string {
  return `${formatListenAddress(address)}${address.tls === true ? ' (TLS)' : ''}`
}

function adminRows({ admin: { keys, listen } }: Settings) {
  return [
    ['Admin API', formatListenAddress(listen)],
    ['admin keys', keys.length > 0 ? String(keys.length) : 'the one in the data folder'],
  ] as const
}
