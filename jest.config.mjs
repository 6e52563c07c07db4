// Native ESM: the SDK and the Actions toolkit publish nothing else. One project per kind of test, so each can be run alone.
const common = {
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } }],
  },
  modulePathIgnorePatterns: ['<rootDir>/lib', '<rootDir>/dist', '<rootDir>/.trainyard'],
};
const project = (name, more = {}) => ({
  ...common,
  ...more,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
});

const patient = { setupFilesAfterEnv: ['<rootDir>/test/support/patience.ts'] };

export default {
  projects: [project('unit'), project('scenarios', patient), project('conformance', patient)],
  // Unit tests take milliseconds, and longer on a machine that does other things besides.
  testTimeout: 30_000,
  // Scenarios wait more than they compute; each has a cloud of its own.
  maxConcurrency: 4,
};
