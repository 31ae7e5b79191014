/** Quantities of memory as Kubernetes writes them. */

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** Bytes of a Kubernetes quantity of memory. Throws for text that is none. */
export function bytesOf(quantity: string | number): number {
  const match = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(m|[kMGT]|[KMGT]i)?$/.exec(String(quantity).trim());
  if (!match) throw new Error(`'${quantity}' is not a quantity of memory`);
  const [, number, unit = ''] = match;
  return unit === 'm' ? Number(number) / 1000 : Number(number) * UNITS[unit];
}
