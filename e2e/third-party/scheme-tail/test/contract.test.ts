import tail from '@acme/scheme-tail'
import { schemeContract } from '@sluice/testkit'

schemeContract(tail, {
  upstream: { tail: { file: 'package.json' } },
  commands: { cmd_tail_read: { line: '1' } },
})
