import { join, resolve } from 'node:path'

/** The checkout's root folder. */
export const repositoryRoot = resolve(import.meta.dirname, '../../..')

/** Where things fetched or built once are kept: `SLUICE_CACHE_DIR`, by default `.sluice` in the checkout (not in git). */
export const cacheDirectory = (env: NodeJS.ProcessEnv = process.env): string =>
  env.SLUICE_CACHE_DIR ? resolve(env.SLUICE_CACHE_DIR) : join(repositoryRoot, '.sluice')
