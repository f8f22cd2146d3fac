export { configReference } from './config/reference.ts'
