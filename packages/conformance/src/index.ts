export { type Case, type ConformanceOptions, conformance } from './conformance.ts'
