export { cutConnectionsWhenAnswered } from './cut-when-answered.ts'
export {
  createDataPlane,
  type DataPlane,
  type DataPlaneOptions,
  type DataPlaneStats,
  type EgressOptions,
} from './data-plane.ts'
export { createDialFor } from './dial.ts'
export type { ListenAddress } from './listen-address.ts'
