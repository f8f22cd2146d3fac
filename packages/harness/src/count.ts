/**
 * How often a test does what it does: `normal` in `npm test`, `full` in `npm run test:full`
 * (which sets `SLUICE_FULL=1`). The same code runs in both.
 */
export const count = (normal: number, full: number): number => (process.env.SLUICE_FULL === '1' ? full : normal)
