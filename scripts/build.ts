import { build } from './packages.ts'

build()
