import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  // The built page runs wherever its folder lies.
  base: './',
  // Workspace packages are taken as sources: no build comes before.
  resolve: { conditions: ['@wengert/source', ...defaultClientConditions] },
})
