import { fileURLToPath } from 'node:url'
import * as core from '@wengert/core'
import { describeDocs } from '@wengert/testing'
import * as estimators from './index.ts'

describeDocs({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  exports: estimators,
  scope: core,
  lines: ['Shapes: ', 'Gradient: ', 'Source: ', '@example'],
})
