#!/usr/bin/env node
import { createCommand } from 'create-sluice'

process.exitCode = await createCommand(process.argv.slice(2), 'plugin')
