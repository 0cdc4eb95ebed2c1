export { type BatchOptions, batches } from './batches.ts'
export { FormatError } from './formatError.ts'
export { formatSafetensors, type Metadata } from './formatSafetensors.ts'
export { type LabelledExamples, type LabelOptions, labelledExamples } from './labelledExamples.ts'
export { type CsvOptions, parseCsv, type Table } from './parseCsv.ts'
export { parseIdx } from './parseIdx.ts'
export { parseNpy } from './parseNpy.ts'
export { type NpzOptions, parseNpz } from './parseNpz.ts'
export { parseSafetensors, type Safetensors } from './parseSafetensors.ts'
export {
  type Progress,
  type ProgressLineOptions,
  type ProgressMeter,
  type ProgressOptions,
  progress,
  progressLine,
} from './progress.ts'
export { type RestoreOptions, restore } from './restore.ts'
export { type StreamBatchOptions, streamBatches } from './streamBatches.ts'
export { type CsvStreamOptions, streamCsv } from './streamCsv.ts'
export { type Split, type SplitOptions, trainTestSplit } from './trainTestSplit.ts'
