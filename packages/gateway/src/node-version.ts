const [major, minor] = [24, 11]

/**
 * Why this Node cannot run Sluice; `undefined` when it can. Imports nothing, for it runs before anything that an old Node
 * lacks is loaded.
 *
 * @param version as `process.versions.node`
 */
export function nodeVersionProblem(version: string): string | undefined {
  const [isMajor = 0, isMinor = 0] = version.split('.').map(Number)
  if (isMajor > major || (isMajor === major && isMinor >= minor)) return undefined
  return `Sluice needs Node ${major}.${minor} or newer, and this is ${version}; install it from nodejs.org or npm (npx node@24)`
}
