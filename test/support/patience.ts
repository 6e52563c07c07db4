import { jest } from '@jest/globals';

// jest takes `testTimeout` for all projects or for none, and unit tests shall stay quick.
jest.setTimeout(180_000);
