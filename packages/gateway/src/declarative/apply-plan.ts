import { AdminRefused } from '../errors.ts'
import { type AdminClient, reasonOf } from './admin-client.ts'
import type { Action, Plan } from './plan.ts'

/**
 * Carries a plan out, one resource after the other. Nothing that changed since the plan was made is overwritten.
 *
 * @param done told of each action that is done
 * @throws ADMIN_REFUSED naming the resource; what was done before stays
 */
export async function applyPlan(client: AdminClient, { actions }: Plan, done: (action: Action) => void): Promise<void> {
  for (const action of actions) {
    const { kind, key, value, modifiedIndex } = action
    const condition = kind === 'create' ? { 'If-None-Match': '*' } : { 'If-Match': `"${modifiedIndex}"` }
    const answer = await client.ask(kind === 'delete' ? 'DELETE' : 'PUT', key, value, condition)
    if (answer.status >= 300) throw new AdminRefused(`${kind} ${key.slice(1)}`, reasonOf(answer))
    done(action)
  }
}
