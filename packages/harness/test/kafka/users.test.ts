import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { scramArguments } from '../../src/kafka/users.ts'

describe('scramArguments', () => {
  it('gives both mechanisms for each user, and no password', () => {
    const args = scramArguments([{ username: 'u', password: 'very secret' }])
    assert.equal(args.length, 4)
    assert.match(args[1] ?? '', /^SCRAM-SHA-256=\[name=u,iterations=4096,salt="[^"]{24}",saltedpassword="[^"]{44}"\]$/)
    assert.match(args[3] ?? '', /^SCRAM-SHA-512=\[name=u,iterations=4096,salt="[^"]{24}",saltedpassword="[^"]{88}"\]$/)
    assert.ok(!args.join(' ').includes('secret'))
  })
})
