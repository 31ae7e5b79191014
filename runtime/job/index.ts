/**
 * Job files → JobDefinition: read, checked with places, compiled to a plan.
 *
 * ```ts
 * const job = await loadJob('examples/uppercase.yaml');
 * job.plan.nodes.map((node) => node.name);
 * ```
 *
 * load-job.ts finds the StreamJob in the file, define-job.ts checks it against api/ and compiles the body: graph-wiring.ts says
 * who feeds whom, graph-plan.ts makes the plan's nodes, user-function.ts takes inline TypeScript, sql-body.ts hands SQL to
 * runtime/sql. Everything that goes wrong is collected in a ProblemList (invalid-job.ts) with its place (places.ts).
 * Nothing here runs a user's code or opens a connection.
 */
export { shippedCatalog } from './catalog.js';
export { defineJob } from './define-job.js';
export { InvalidJobError } from './invalid-job.js';
export type { JobCatalog, JobDefinition, LoadOptions } from './job-definition.js';
export { type CheckedResource, checkFile, loadJob } from './load-job.js';
export { type Places, placesOfObject } from './places.js';
export { type ReferenceSource, referenceResolver, referencesIn } from './references.js';
