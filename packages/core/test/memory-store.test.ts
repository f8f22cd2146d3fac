import { testConfigStore } from './support/config-store-contract.ts'
import { openMemoryStore } from './support/memory-store.ts'

testConfigStore('memory', async (clock) => openMemoryStore(clock))
