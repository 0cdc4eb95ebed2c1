import { fileURLToPath } from 'node:url'
import { cpu } from '@wengert/backend-cpu'
import * as core from '@wengert/core'
import { describeDocs } from '@wengert/testing'
import fc from 'fast-check'
import * as exports from './index.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const scope = { ...core, ...exports, cpu, fc }

// These export another checkGradients.
const files = (name: string) => !['jaxJs.ts', 'tfjs.ts'].includes(name)

describeDocs({ folder, files, exports, scope })
describeDocs({ folder, exports: exports.laws, scope })
