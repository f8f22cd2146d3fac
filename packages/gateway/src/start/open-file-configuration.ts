import {
  type ConfigStore,
  collections,
  createValidator,
  type FieldCipher,
  isJsonObject,
  type Json,
  type JsonObject,
  mapSecrets,
  readConfiguration,
  relationFaults,
  resourceTypeOf,
} from '@sluice/core'
import { openFileStore } from '@sluice/store-file'
import type { DataDir } from '../data-dir/data-dir.ts'
import { readIfThere, writePrivateFile } from '../data-dir/files.ts'
import type { GatewayOptions } from './gateway-options.ts'

/**
 * Opens the store in a file: checked as a whole, references included, as nobody else checks it.
 *
 * @throws STORE_FILE_INVALID
 */
export function openFileConfiguration(
  file: string,
  { settings, registry, log }: Pick<GatewayOptions, 'settings' | 'registry' | 'log'>,
  cipher: FieldCipher,
  { lastGoodFile }: Pick<DataDir, 'lastGoodFile'>,
): Promise<ConfigStore> {
  const validator = createValidator(registry, { requireVerify: settings.egress.requireVerify })
  const change = (key: string, value: JsonObject, field: (text: string) => string): JsonObject => {
    const type = resourceTypeOf(key)
    return type === undefined ? value : mapSecrets(type, value, registry, field)
  }
  return openFileStore({
    file,
    log,
    read(document) {
      checkNames(document)
      const open = (key: string, value: JsonObject) => change(key, value, cipher.decrypt)
      const { items, faults } = readConfiguration(document, validator, open)
      const opened = items.map((item) => ({ ...item, value: open(item.key, item.value) }))
      const values = new Map(items.map(({ key, value }) => [key, value]))
      return { values, faults: [...faults, ...relationFaults(opened, registry)] }
    },
    seal: (key, value) => change(key, value, (text) => cipher.encrypt(cipher.decrypt(text))),
    lastGood: {
      read: () => readIfThere(lastGoodFile),
      write: (text) => writePrivateFile(lastGoodFile, text),
    },
  })
}

/** Fields that hold nothing of ours in files of APISIX: the names of plugins, and versions for its Admin API. */
const letBe = /^plugins$|_conf_version$/

/** @throws Error where a kind of resource is mistyped: its resources would be missing without a word */
function checkNames(document: Json): void {
  if (!isJsonObject(document)) return
  const names = collections.map(({ name }) => name)
  const unknown = Object.keys(document).find((name) => !names.includes(name) && !letBe.test(name))
  if (unknown !== undefined) throw new Error(`${unknown} is no kind of resource; there are ${names.join(', ')}`)
}
