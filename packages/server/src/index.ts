export { cutConnectionsWhenAnswered } from './cut-when-answered.ts'
export {
  createDataPlane,
  type DataPlane,
  type DataPlaneOptions,
  type DataPlaneStats,
  type EgressOptions,
  type ListenAddress,
} from './data-plane.ts'
