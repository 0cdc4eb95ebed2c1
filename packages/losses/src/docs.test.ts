import { fileURLToPath } from 'node:url'
import * as core from '@wengert/core'
import { describeDocs } from '@wengert/testing'
import * as losses from './index.ts'

describeDocs({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  exports: losses,
  scope: core,
  lines: ['Shapes: ', 'Gradient: ', 'Source: ', '@example'],
})
