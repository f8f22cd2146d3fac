export {
  createDataPlane,
  type DataPlane,
  type DataPlaneOptions,
  type DataPlaneStats,
  type ListenAddress,
} from './data-plane.ts'
export { createDial } from './dial.ts'
