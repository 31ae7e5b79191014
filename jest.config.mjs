// Jest runs on what tsc wrote to dist/: no transform, native ES modules.
const project = (name, testTimeoutMs, more = {}) => ({
  displayName: name,
  rootDir: '.',
  roots: ['<rootDir>/dist/test'],
  testMatch: [`<rootDir>/dist/test/${name}/**/*.test.js`],
  testEnvironment: '<rootDir>/dist/test/harness/jest/environment.js',
  transform: {},
  injectGlobals: false,
  globals: { testTimeoutMs },
  setupFilesAfterEnv: ['<rootDir>/dist/test/harness/jest/test-timeout.js'],
  ...more,
});

export default {
  reporters: ['default', '<rootDir>/dist/test/harness/jest/count-reporter.js'],
  projects: [
    project('unit', 20_000),
    project('integration', 120_000, {
      globalSetup: '<rootDir>/dist/test/harness/jest/start-servers.js',
      globalTeardown: '<rootDir>/dist/test/harness/jest/stop-servers.js',
    }),
    // Needs docker, kind, kubectl and helm.
    project('e2e', 600_000),
  ],
};
