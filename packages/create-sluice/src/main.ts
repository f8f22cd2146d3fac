#!/usr/bin/env node
import { createCommand } from './create-command.ts'

process.exitCode = await createCommand(process.argv.slice(2))
