/** Seeded random values for tests. */

/** mulberry32: numbers in [0, 1) from a seed. */
export function randomNumbers(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)];
}

const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyz 0123456789',
  'äöüßéèñ',
  '"\\/\b\f\n\r\t\u0000\u001f',
  '日本語한국어',
  '😀🚀𝒳',
];

export function randomText(random: () => number, maxLength: number): string {
  const length = Math.floor(random() * random() * maxLength);
  const mixed = random() < 0.2;
  let text = '';
  for (let i = 0; i < length; i++) {
    const alphabet = [...(mixed ? pick(random, ALPHABETS) : ALPHABETS[0])];
    text += pick(random, alphabet);
  }
  return text;
}

export function randomDouble(random: () => number): number {
  switch (Math.floor(random() * 6)) {
    case 0:
      return Math.floor(random() * 1000);
    case 1:
      return Math.round(random() * 1e6) / 100;
    case 2:
      return random();
    case 3:
      return (random() - 0.5) * 10 ** Math.floor(random() * 600 - 300);
    case 4:
      return -Math.floor(random() * 2 ** 53);
    default:
      return pick(random, [0, -0, 5e-324, 1.7976931348623157e308, 1e21, 1e22, 0.1, 123456789012345680000, 1e-7]);
  }
}

export function randomBigint(random: () => number): number | bigint {
  const bits = Math.floor(random() * 64);
  let value = 0n;
  for (let i = 0; i < bits; i += 16) value = (value << 16n) | BigInt(Math.floor(random() * 65536));
  value &= (1n << BigInt(bits)) - 1n;
  if (random() < 0.5) value = -value;
  const n = Number(value);
  return Number.isSafeInteger(n) ? n : value;
}
