import { fileURLToPath } from 'node:url'
import * as core from '@wengert/core'
import { describeDocs } from '@wengert/testing'
import * as exports from './index.ts'

describeDocs({ folder: fileURLToPath(new URL('.', import.meta.url)), exports, scope: core })
