import * as jax from '@jax-js/jax'

await jax.init('wasm')
jax.defaultDevice('wasm')

export { jax }
