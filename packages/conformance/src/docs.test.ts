import { fileURLToPath } from 'node:url'
import { cpu } from '@wengert/backend-cpu'
import { describeDocs } from '@wengert/testing'
import * as exports from './index.ts'

describeDocs({ folder: fileURLToPath(new URL('.', import.meta.url)), exports, scope: { cpu } })
