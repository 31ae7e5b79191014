/** Sets the time a test of the project may take: Jest takes `testTimeout` for the whole run only, not for a project. */
import { jest } from '@jest/globals';

declare const testTimeoutMs: number;

jest.setTimeout(testTimeoutMs);
