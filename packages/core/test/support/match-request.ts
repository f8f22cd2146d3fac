import type { MatchRequest } from '../../src/match-request.ts'

/** A request for `GET /` from 127.0.0.1, with what a test changes. */
export function matchRequest(changes: Partial<MatchRequest> = {}): MatchRequest {
  return {
    method: 'GET',
    path: '/',
    host: 'localhost',
    remoteAddress: '127.0.0.1',
    query: new URLSearchParams(),
    headers: {},
    ...changes,
  }
}
