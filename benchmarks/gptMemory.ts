/**
 * Trains one contender of gptModel.ts, whose number is given, for ten steps, and prints megabytes: by how much the process was
 * larger at its largest than before the model was built, and how large its WebAssembly memory became.
 */
const memories: WebAssembly.Memory[] = []
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(limits: WebAssembly.MemoryDescriptor) {
    super(limits)
    memories.push(this)
  }
}

// Loaded late: it must find the class above.
const { contenders } = await import('./gptModel.ts')
const before = process.resourceUsage().maxRSS
const step = await contenders[Number(process.argv[2])]?.build()
for (let i = 0; i < 10; i++) await step?.()
const resident = (process.resourceUsage().maxRSS - before) / 1024
const linear = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) / 2 ** 20
console.log(JSON.stringify({ resident, linear }))
