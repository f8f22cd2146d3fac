import { pluginContract } from '@sluice/testkit'
import keyAuth from '../src/index.ts'

pluginContract(keyAuth, { isOpen: true, refuses: { headers: {}, status: 401 } })
