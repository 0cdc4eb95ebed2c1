export { loadSafetensors } from './node/loadSafetensors.ts'
export { saveSafetensors } from './node/saveSafetensors.ts'
