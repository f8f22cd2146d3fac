import type { ConfigEntry } from '../config-store.ts'
import { stringsOf } from '../json-fields.ts'
import { PersistentMap } from '../persistent-map.ts'

/**
 * Which certificate is shown for which name (SNI, RFC 6066, section 3), immutable as the route table that it is a part of. A
 * name goes before a wildcard, which stands for one label, as in APISIX. Of several for one name the one whose id comes first
 * counts.
 */
export class ServerNames {
  readonly #idsByName: PersistentMap<readonly string[]>

  private constructor(idsByName: PersistentMap<readonly string[]>) {
    this.#idsByName = idsByName
  }

  static empty(): ServerNames {
    return new ServerNames(PersistentMap.empty())
  }

  /** The table after an ssl was written, or deleted where `after` is absent. */
  with(id: string, before: ConfigEntry | undefined, after: ConfigEntry | undefined): ServerNames {
    const [old, now] = [namesOf(before), namesOf(after)]
    let next = this.#idsByName
    for (const name of old.difference(now)) {
      const rest = (next.get(name) ?? []).filter((other) => other !== id)
      next = rest.length === 0 ? next.without(name) : next.with(name, rest)
    }
    for (const name of now.difference(old)) next = next.with(name, [...(next.get(name) ?? []), id].sort())
    return next === this.#idsByName ? this : new ServerNames(next)
  }

  /** Id of the ssl for a name that a client sent. */
  find(name: string): string | undefined {
    const exact = name.toLowerCase().replace(/\.$/, '')
    const dot = exact.indexOf('.')
    const [id] = this.#idsByName.get(exact) ?? (dot < 0 ? [] : (this.#idsByName.get(`*${exact.slice(dot)}`) ?? []))
    return id
  }
}

const none: ReadonlySet<string> = new Set()

/** Names that an ssl is for; none where it is one for upstreams, or switched off. */
function namesOf(entry: ConfigEntry | undefined): ReadonlySet<string> {
  if (entry === undefined) return none
  const { sni, snis, status, type } = entry.value
  if (type === 'client' || status === 0) return none
  return new Set((stringsOf(sni) ?? stringsOf(snis) ?? []).map((name) => name.toLowerCase()))
}
