/** The examples of AWS's documentation, "Examples: Signature Calculations in AWS Signature Version 4". */
import { expect, test } from '@jest/globals';
import { encodePath, encodeQuery, sha256Hex, signed } from '../../../runtime/snapshot/s3-signature.js';

const KEYS = {
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const NOW = new Date('2013-05-24T00:00:00Z');
const HEADERS = { host: 'examplebucket.s3.amazonaws.com', 'x-amz-content-sha256': sha256Hex('') };

function signatureOf(path: string, query: Record<string, string>, headers: Record<string, string> = {}): string {
  const call = {
    method: 'GET',
    path: encodePath(path),
    query: encodeQuery(query),
    headers: { ...HEADERS, ...headers },
  };
  return signed(call, KEYS, NOW).authorization;
}

test('reading a range of an object', () => {
  expect(signatureOf('/test.txt', {}, { range: 'bytes=0-9' })).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
      'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ' +
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});

test('a parameter without a value', () => {
  expect(signatureOf('/', { lifecycle: '' })).toMatch(
    /Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543$/,
  );
});

test('listing objects', () => {
  expect(signatureOf('/', { prefix: 'J', 'max-keys': '2' })).toMatch(
    /Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$/,
  );
});

test('names keep their slashes, and nothing else that means something', () => {
  expect(encodePath("/a b/ü+&'(x)!*~")).toBe('/a%20b/%C3%BC%2B%26%27%28x%29%21%2A~');
});
