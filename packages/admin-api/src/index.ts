export type { AdminKey, Role } from './auth.ts'
export type { CorsOptions } from './cors.ts'
export { type AdminApiOptions, createAdminApi } from './create-admin-api.ts'
