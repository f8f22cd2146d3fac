import { readFile } from 'node:fs/promises'
import { type AdminClient, createAdminClient } from '../declarative/admin-client.ts'
import { AdminKeyMissing } from '../errors.ts'
import { readText } from '../read-text.ts'
import { defaultAdminUrl, defaultKeyFile } from './admin-options.ts'
import type { CommandValues } from './command.ts'

/** Makes the client of the Admin API that the options name. @throws ADMIN_KEY_MISSING, CONFIG_UNREADABLE */
export async function openAdminClient({ texts }: CommandValues, environment: NodeJS.ProcessEnv): Promise<AdminClient> {
  const read = async (option: string): Promise<string | undefined> => {
    const file = texts.get(option)
    return file === undefined ? undefined : readText(file)
  }
  const [ca, cert, key] = await Promise.all(['ca', 'cert', 'key'].map(read))
  return createAdminClient({
    url: texts.get('admin') ?? environment.SLUICE_ADMIN_URL ?? defaultAdminUrl,
    key: await adminKey(texts.get('admin-key-file'), environment),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
  })
}

async function adminKey(file: string | undefined, environment: NodeJS.ProcessEnv): Promise<string> {
  if (file !== undefined) return (await readText(file)).trim()
  const { SLUICE_ADMIN_KEY: given } = environment
  if (given !== undefined && given !== '') return given
  try {
    return (await readFile(defaultKeyFile, 'utf8')).trim()
  } catch (cause) {
    throw new AdminKeyMissing(defaultKeyFile, { cause })
  }
}
