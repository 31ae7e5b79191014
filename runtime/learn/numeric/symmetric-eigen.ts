/**
 * Eigenvalues and eigenvectors of a symmetric n × n matrix (row by row; it is overwritten), greatest eigenvalue first.
 * `vectors[i]` has length 1, and its greatest entry by magnitude is positive, so that the sign is settled.
 *
 * Source: C. G. J. Jacobi, 1846; cyclic rotations as in G. H. Golub and C. F. Van Loan, "Matrix Computations", 1996.
 * O(n³) a sweep, about ten sweeps.
 */
export function symmetricEigen(matrix: Float64Array, n: number): { values: Float64Array; vectors: Float64Array[] } {
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    let diagonal = 0;
    for (let i = 0; i < n; i++) {
      diagonal += matrix[i * n + i] ** 2;
      for (let j = i + 1; j < n; j++) off += matrix[i * n + j] ** 2;
    }
    if (off <= diagonal * 1e-34) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(matrix, basis, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => matrix[b * n + b] - matrix[a * n + a]);
  return {
    values: Float64Array.from(order, (i) => matrix[i * n + i]),
    vectors: order.map((i) => oriented(basis.slice(i * n, (i + 1) * n))),
  };
}

/** Makes the entry (p, q) zero. Rows of `basis` are the eigenvectors to be. */
function rotate(matrix: Float64Array, basis: Float64Array, n: number, p: number, q: number): void {
  const apq = matrix[p * n + q];
  if (apq === 0) return;
  const theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const kp = matrix[k * n + p];
    const kq = matrix[k * n + q];
    matrix[k * n + p] = c * kp - s * kq;
    matrix[k * n + q] = s * kp + c * kq;
  }
  for (let k = 0; k < n; k++) {
    const pk = matrix[p * n + k];
    const qk = matrix[q * n + k];
    matrix[p * n + k] = c * pk - s * qk;
    matrix[q * n + k] = s * pk + c * qk;
    const bp = basis[p * n + k];
    const bq = basis[q * n + k];
    basis[p * n + k] = c * bp - s * bq;
    basis[q * n + k] = s * bp + c * bq;
  }
}

function oriented(vector: Float64Array): Float64Array {
  let greatest = 0;
  for (let i = 1; i < vector.length; i++) if (Math.abs(vector[i]) > Math.abs(vector[greatest])) greatest = i;
  return vector[greatest] < 0 ? vector.map((value) => -value) : vector;
}
