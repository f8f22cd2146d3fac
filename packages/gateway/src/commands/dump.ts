import { renderConfiguration } from '@sluice/store-file'
import { errorCode, writePrivateFile } from '../data-dir/files.ts'
import { readGateway } from '../declarative/read-gateway.ts'
import { ConfigUnwritable } from '../errors.ts'
import type { CommandValues } from './command.ts'
import { openAdminClient } from './open-admin-client.ts'

/**
 * `sluice dump`: writes all resources of a gateway as a configuration that `apply` and the store `file` take.
 *
 * @throws ADMIN_REFUSED, ADMIN_UNREACHABLE, ADMIN_KEY_MISSING, CONFIG_UNREADABLE, CONFIG_UNWRITABLE
 */
export async function dumpCommand(values: CommandValues): Promise<number> {
  const client = await openAdminClient(values, process.env)
  const resources = await readGateway(client)
  const text = renderConfiguration(
    new Map([...resources].map(([key, { value }]) => [key, value])),
    `${resources.size} resources of a gateway. Secrets are as the key of the Admin API sees them; ****** keeps what is stored.`,
  )
  const file = values.texts.get('output')
  if (file === undefined) {
    process.stdout.write(text)
    return 0
  }
  try {
    await writePrivateFile(file, text)
  } catch (cause) {
    throw new ConfigUnwritable(file, errorCode(cause) || String(cause), { cause })
  }
  process.stderr.write(`Wrote ${resources.size} resources to ${file}.\n`)
  return 0
}
