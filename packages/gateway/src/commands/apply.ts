import { text } from 'node:stream/consumers'
import { isJsonObject, type Json, type JsonObject, mapSecrets, resourceTypeOf } from '@sluice/core'
import { type AdminClient, reasonOf } from '../declarative/admin-client.ts'
import { applyPlan } from '../declarative/apply-plan.ts'
import { makePlan } from '../declarative/plan.ts'
import { readGateway } from '../declarative/read-gateway.ts'
import { showAction, summarize } from '../declarative/show-plan.ts'
import { readWanted, type WantedConfiguration } from '../declarative/wanted-configuration.ts'
import { ConfigurationUnusable } from '../errors.ts'
import { loadModules } from '../modules/load-modules.ts'
import { readText } from '../read-text.ts'
import { redact } from '../redact.ts'
import { standardModules } from '../standard.ts'
import type { CommandValues } from './command.ts'
import { openAdminClient } from './open-admin-client.ts'

/** Where something would change, with `--exit-code`. */
const wouldChange = 3

/**
 * `sluice apply`: brings a gateway to a configuration, and shows what that changes.
 *
 * @throws CONFIGURATION_UNUSABLE, ADMIN_REFUSED, ADMIN_UNREACHABLE, ADMIN_KEY_MISSING, CONFIG_UNREADABLE
 */
export async function applyCommand(values: CommandValues): Promise<number> {
  const { texts, switches } = values
  const file = texts.get('file') ?? (process.stdin.isTTY ? undefined : '-')
  if (file === undefined) {
    process.stderr.write('sluice: no configuration given: name a file with --file\nSee sluice apply --help\n')
    return 2
  }
  const name = file === '-' ? 'standard input' : file
  const client = await openAdminClient(values, process.env)
  const wanted = readWanted(name, file === '-' ? await text(process.stdin) : await readText(file))
  await validate(client, name, wanted)
  const mask = await createMask()
  const plan = makePlan(await readGateway(client), wanted.values, { isPruned: switches.has('prune'), mask })
  const { stdout } = process
  if (switches.has('dry-run')) {
    for (const action of plan.actions) stdout.write(showAction(action, stdout))
    stdout.write(`Dry run: ${summarize(plan, false)}`)
    return switches.has('exit-code') && plan.actions.length > 0 ? wouldChange : 0
  }
  await applyPlan(client, plan, (action) => stdout.write(showAction(action, stdout)))
  stdout.write(`Done: ${summarize(plan, true)}`)
  return 0
}

/** Has the gateway check the whole before anything is written. */
async function validate(client: AdminClient, name: string, { document, placeOf }: WantedConfiguration): Promise<void> {
  const answer = await client.ask('POST', '/configs/validate', document)
  if (answer.status === 200) return
  const { errors = [] } = answer.body
  if (!Array.isArray(errors) || errors.length === 0) throw new ConfigurationUnusable(name, reasonOf(answer))
  const shown = errors.flatMap((fault: Json) =>
    isJsonObject(fault) ? [`${placeOf(String(fault.resource_type), Number(fault.index))}: ${fault.error}`] : [],
  )
  throw new ConfigurationUnusable(name, shown.join('\n  '))
}

/** Masks what the plugins that ship name as secret, and what is called as secrets are. */
async function createMask(): Promise<(key: string, value: JsonObject) => JsonObject> {
  const { registry } = await loadModules(standardModules)
  return (key, value) => {
    const type = resourceTypeOf(key)
    const masked = type === undefined ? value : mapSecrets(type, value, registry, () => '******')
    const shown: JsonObject = JSON.parse(JSON.stringify(redact(masked)))
    return shown
  }
}
