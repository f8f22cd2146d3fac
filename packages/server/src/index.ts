export { cutConnectionsWhenAnswered } from './cut-when-answered.ts'
export {
  createDataPlane,
  type DataPlane,
  type DataPlaneOptions,
  type DataPlaneStats,
  type ListenAddress,
} from './data-plane.ts'
export { createDial } from './dial.ts'
