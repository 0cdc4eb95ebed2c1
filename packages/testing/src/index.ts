export { classified, multiLabelled, paired } from './arguments.ts'
export { chaining } from './chaining.ts'
export { classesReversed, overLabels } from './classes.ts'
export { describeLoss, type LossSpec, runs } from './describeLoss.ts'
export {
  away,
  descend,
  describeOptimizer,
  eachElement,
  gradientLists,
  lists,
  numbers,
  type OptimizerRun,
  type OptimizerSpec,
  type Reference,
  type Updater,
} from './describeOptimizer.ts'
export { collectGarbage, type Device, type DeviceBuffer, type DeviceOptions, device } from './device.ts'
export { type DocsSuite, describeDocs } from './docs.ts'
export { describeErrors } from './errors.ts'
export {
  agrees,
  arrayField,
  distance,
  type Field,
  fieldOf,
  indices,
  mapFields,
  reduceField,
  valuesOf,
} from './field.ts'
export {
  type Adapter,
  type Budget,
  difference,
  type GoldenSuite,
  type GoldenTarget,
  goldenFolder,
  goldenOn,
  goldenOpsFolder,
  goldenSuite,
  type Inputs,
  type Options,
  type Outcome,
  operator,
} from './golden.ts'
export { laidOut } from './layouts.ts'
export { elementwise, rowwise } from './plain.ts'
export { unfolding } from './unfolding.ts'
export { expectClose, expectConvex, oracle, value, values } from './values.ts'
export { watched } from './watched.ts'
