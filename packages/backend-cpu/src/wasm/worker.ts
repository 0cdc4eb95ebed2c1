/** Entry of the threads that `cpu({ threads })` starts. */
import { type Start, serve } from './desk.ts'
import { onStart } from './hostThreads.ts'

onStart((start) => serve(start as Start))
