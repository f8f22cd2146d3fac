import { hostKey, reverse } from './host-pattern.ts'
import type { MatchRequest, UriParams } from './match-request.ts'
import { PrefixTrie } from './prefix-trie.ts'
import { compareRules, type RouteRule } from './route-rule.ts'

/** The rule that a request fits, and what its uri made of the path. */
interface RuleMatch {
  readonly rule: RouteRule
  readonly params: UriParams
}

type UriTrie = PrefixTrie<readonly RouteRule[]>

/**
 * An immutable index of rules, by host and then by uri, in the order of APISIX's `radixtree_host_uri`: the exact host, then
 * wildcard hosts, the longest first, then rules for any host; below a host the exact uri, then the longest part before a `*`
 * or `:param`. A rule whose conditions fail makes room for the next, down to another host's.
 */
export class RouteIndex {
  readonly #hosts: PrefixTrie<UriTrie>
  readonly #anyHost: UriTrie

  private constructor(hosts: PrefixTrie<UriTrie>, anyHost: UriTrie) {
    this.#hosts = hosts
    this.#anyHost = anyHost
  }

  static empty(): RouteIndex {
    return new RouteIndex(PrefixTrie.empty(), PrefixTrie.empty())
  }

  /** An index that has the rule too, for each of the hosts, or for any host where there is none. */
  with(hosts: readonly string[], rule: RouteRule): RouteIndex {
    return this.#update(hosts, rule, insertRule)
  }

  /** An index without the rule, which was added for the same hosts. */
  without(hosts: readonly string[], rule: RouteRule): RouteIndex {
    return this.#update(hosts, rule, removeRule)
  }

  find(request: MatchRequest): RuleMatch | undefined {
    if (!this.#hosts.isEmpty) {
      for (const uris of this.#hosts.find(reverse(request.host))) {
        const match = findRule(uris, request)
        if (match !== undefined) return match
      }
    }
    return findRule(this.#anyHost, request)
  }

  #update(hosts: readonly string[], rule: RouteRule, change: typeof insertRule): RouteIndex {
    const changed = (uris: UriTrie) => uris.update(rule.uri.key, rule.uri.kind, (rules) => change(rules ?? [], rule))
    if (hosts.length === 0) return new RouteIndex(this.#hosts, changed(this.#anyHost))
    let trie = this.#hosts
    for (const host of hosts) {
      const { key, kind } = hostKey(host)
      trie = trie.update(key, kind, (uris) => {
        const next = changed(uris ?? PrefixTrie.empty())
        return next.isEmpty ? undefined : next
      })
    }
    return new RouteIndex(trie, this.#anyHost)
  }
}

function findRule(uris: UriTrie, request: MatchRequest): RuleMatch | undefined {
  for (const rules of uris.find(request.path)) {
    for (const rule of rules) {
      const params = rule.uri.match(request.path)
      if (params !== undefined && holds(rule, request, params)) return { rule, params }
    }
  }
  return undefined
}

function holds(rule: RouteRule, request: MatchRequest, params: UriParams): boolean {
  for (const condition of rule.conditions) if (!condition(request, params)) return false
  return true
}

function insertRule(rules: readonly RouteRule[], rule: RouteRule): readonly RouteRule[] | undefined {
  let low = 0
  let high = rules.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = rules[middle]
    if (other !== undefined && compareRules(other, rule) <= 0) low = middle + 1
    else high = middle
  }
  return rules.toSpliced(low, 0, rule)
}

function removeRule(rules: readonly RouteRule[], rule: RouteRule): readonly RouteRule[] | undefined {
  const rest = rules.filter((other) => other !== rule)
  return rest.length === 0 ? undefined : rest
}
