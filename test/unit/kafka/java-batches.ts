/**
 * Record batches as Kafka 4.1's console producer (Java) wrote them, fetched from the broker byte for byte: three records with
 * keys, one batch, one for each codec. Their lines were JAVA_RECORDS, 'key:value'.
 */
export const JAVA_RECORDS = [
  ['alpha', '{"n":1,"text":"the quick brown fox the quick brown fox the quick brown fox"}'],
  ['beta', '{"n":2,"text":"jumps over jumps over jumps over jumps over the lazy dog"}'],
  ['gamma', `{"n":3,"text":"${'a'.repeat(78)}"}`],
] as const;

export const JAVA_BATCHES: Readonly<Record<string, string>> = {
  none:
    'AAAAAAAAAAAAAAFOAAAAAAJyhob4AAAAAAACAAABof5lQwgAAAGh/mVDEwAAAAAAAABXAAAAAAAAAAAAA7ABAAAACmFscGhhmAF7Im4iOjEsIn' +
    'RleHQiOiJ0aGUgcXVpY2sgYnJvd24gZm94IHRoZSBxdWljayBicm93biBmb3ggdGhlIHF1aWNrIGJyb3duIGZveCJ9AKgBABYCCGJldGGSAXsi' +
    'biI6MiwidGV4dCI6Imp1bXBzIG92ZXIganVtcHMgb3ZlciBqdW1wcyBvdmVyIGp1bXBzIG92ZXIgdGhlIGxhenkgZG9nIn0A1gEAFgQKZ2FtbW' +
    'G+AXsibiI6MywidGV4dCI6ImFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh' +
    'YWFhYWFhYWFhYWFhYSJ9AA==',
  gzip:
    'AAAAAAAAAAAAAAC6AAAAAALKhYN/AAEAAAACAAABof5lSEEAAAGh/mVIUwAAAAAAAABYAAAAAAAAAAAAAx+LCAAAAAAAAP/bwMjAwMCVmFOQkT' +
    'iDsVopT8nKUEepJLWiRMlKqSQjVaGwNDM5WyGpKL88TyEtv0KBSDGlWoYVjAwqTBxJqSWJkyAGG8ENzirNLShWyC9LLVIgyAQZnpNYVamQkp8O' +
    'NPUa0FQWrvTE3NzEfRBjjeHGJlIVAC0DAFByVU8dAQAA',
  snappy:
    'AAAAAAAAAAAAAADNAAAAAAJfAKfFAAIAAAACAAABof5lThoAAAGh/mVOVAAAAAAAAABZAAAAAAAAAAAAA4JTTkFQUFkAAAAAAQAAAAEAAACInQ' +
    'LAsAEAAAAKYWxwaGGYAXsibiI6MSwidGV4dCI6InRoZSBxdWljayBicm93biBmb3ggdJYUADQifQCoAQB0AghiZXRhkglZBDIsEVkoanVtcHMg' +
    'b3ZlciCCCwABhVhsYXp5IGRvZyJ9ANYBAHQECmdhbW1hvglXADMVVwBh/gEAMgEACCJ9AA==',
  lz4:
    'AAAAAAAAAAAAAADGAAAAAAItvE8LAAMAAAACAAABof5lVhUAAAGh/mVWPAAAAAAAAABaAAAAAAAAAAAAAwQiTRhgQIKGAAAA/yGwAQAAAAphbH' +
    'BoYZgBeyJuIjoxLCJ0ZXh0IjoidGhlIHF1aWNrIGJyb3duIGZveCAUABTiIn0AqAEATgIIYmV0YZJZABUyWQC/anVtcHMgb3ZlciALAA4AcQDy' +
    'CGxhenkgZG9nIn0A1gEATgQKZ2FtbWG+VwAVM1cAH2EBADhQYWEifQAAAAAA',
  zstd:
    'AAAAAAAAAAAAAAC/AAAAAAIQttwBAAQAAAACAAABof5lXyQAAAGh/mVfxwAAAAAAAABbAAAAAAAAAAAAAyi1L/0AWBQEAMQGsAEAAAAKYWxwaG' +
    'GYAXsibiI6MSwidGV4dCI6InRoZSBxdWljayBicm93biBmb3ggIn0AqgEAxgICCGJldGGSMmp1bXBzIG92ZXIgdGhlIGxhenkgZG9nIn0A2AEA' +
    'xgIECmdhbW1hvjNhIn0ABwCKQwL6soXBuQwHzXZhqODKuQcBAAA=',
};
