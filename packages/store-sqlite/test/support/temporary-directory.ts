import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that lives as long as the test. */
export function temporaryDirectory(t: { after(clean: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-store-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
