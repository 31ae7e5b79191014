import { existsSync } from 'node:fs';

// Jest runs on what tsc wrote to dist/: no transform, native ES modules.
const project = (name, testTimeout) => ({
  displayName: name,
  rootDir: '.',
  roots: [`<rootDir>/dist/test/${name}`],
  testMatch: ['**/*.test.js'],
  transform: {},
  injectGlobals: false,
  testTimeout,
});

export default {
  // A folder that has no tests yet is not there.
  projects: [project('unit', 20_000), project('integration', 120_000), project('e2e', 600_000)].filter((p) =>
    existsSync(new URL(`dist/test/${p.displayName}`, import.meta.url)),
  ),
};
