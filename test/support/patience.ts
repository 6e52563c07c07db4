import { jest } from '@jest/globals';

// jest takes `testTimeout` for all projects or for none; scenarios wait for training jobs.
jest.setTimeout(180_000);
