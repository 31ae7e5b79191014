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
  projects: [project('unit', 20_000), project('integration', 120_000), project('e2e', 600_000)],
};
