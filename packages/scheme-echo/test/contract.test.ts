import { schemeContract } from '@sluice/testkit'
import echo from '../src/index.ts'

schemeContract(echo)
