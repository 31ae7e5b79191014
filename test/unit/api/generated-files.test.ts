import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { generatedFiles } from '../../../scripts/generated-files.js';

test.each([...(await generatedFiles())])('%s is what api/ says (npm run generate writes it)', (path, text) => {
  expect(readFileSync(join(process.cwd(), path), 'utf8')).toBe(text);
});
