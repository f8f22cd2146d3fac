import mask from '@acme/plugin-mask'
import { pluginContract } from '@sluice/testkit'

pluginContract(mask, { config: { fields: ['card'] }, passes: {} })
