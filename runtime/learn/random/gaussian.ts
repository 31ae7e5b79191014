import { MersenneTwister, type MersenneTwisterJson } from './mersenne-twister.js';

export interface GaussianSourceJson {
  readonly method: 'trigonometric' | 'polar';
  readonly twister: MersenneTwisterJson;
  readonly spare: number | null;
}

/**
 * Normally distributed numbers, two from each pair of uniforms.
 *
 * `trigonometric` is Box and Muller's method (Annals of Mathematical Statistics 29, 1958), the sequence of Python's
 * `random.gauss`; `polar` is Marsaglia's variant (SIAM Review 6, 1964), the sequence of NumPy's `RandomState.normal`.
 */
export class GaussianSource {
  private spare: number | null = null;

  constructor(
    readonly twister: MersenneTwister,
    readonly method: 'trigonometric' | 'polar',
  ) {}

  next(mu = 0, sigma = 1): number {
    let z = this.spare;
    if (z !== null) this.spare = null;
    else z = this.method === 'polar' ? this.polar() : this.trigonometric();
    return mu + z * sigma;
  }

  private trigonometric(): number {
    const angle = this.twister.random() * 2 * Math.PI;
    const radius = Math.sqrt(-2 * Math.log(1 - this.twister.random()));
    this.spare = Math.sin(angle) * radius;
    return Math.cos(angle) * radius;
  }

  private polar(): number {
    let a = 0;
    let b = 0;
    let square = 0;
    do {
      a = 2 * this.twister.random() - 1;
      b = 2 * this.twister.random() - 1;
      square = a * a + b * b;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    this.spare = factor * a;
    return factor * b;
  }

  toJSON(): GaussianSourceJson {
    return { method: this.method, twister: this.twister.toJSON(), spare: this.spare };
  }

  static fromJSON(json: GaussianSourceJson): GaussianSource {
    const source = new GaussianSource(MersenneTwister.fromJSON(json.twister), json.method);
    source.spare = json.spare;
    return source;
  }
}
