import { pluginContract } from '@sluice/testkit'
import kafkaProxy from '../src/index.ts'

pluginContract(kafkaProxy, { isOpen: true, config: { sasl: { username: 'u', password: 'p' } }, passes: {} })
