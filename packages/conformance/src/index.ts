export { type Case, type ConformanceOptions, conformance } from './conformance.ts'
export { type EdgeOptions, edges } from './edges.ts'
