/** The OpenAPI 3.1 document of the coordinator's REST API. */
const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const ok = (description: string, schema: object) => ({
  '200': { description, ...json(schema) },
  '409': {
    description: 'The job is not in a state for that, or it failed.',
    ...json({ $ref: '#/components/schemas/Error' }),
  },
});
const object = (properties: Record<string, object>) => ({ type: 'object', properties });
const integer = { type: 'integer' };
const string = { type: 'string' };

export const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Tidewheel coordinator', version: 'v1' },
  paths: {
    '/api/v1/job': {
      get: {
        summary: 'State, rates and last checkpoint of the job',
        responses: ok('The job', { $ref: '#/components/schemas/Job' }),
      },
    },
    '/api/v1/job/graph': {
      get: {
        summary: 'The plan with the metrics of each task',
        responses: ok('Plan, stages, tasks', { type: 'object' }),
      },
    },
    '/api/v1/job/checkpoints': {
      get: {
        summary: 'Recent checkpoints, newest first',
        responses: ok(
          'Checkpoints',
          object({
            completed: integer,
            failed: integer,
            history: { type: 'array', items: { $ref: '#/components/schemas/Checkpoint' } },
          }),
        ),
      },
    },
    '/api/v1/job/exceptions': {
      get: {
        summary: 'Recent failures, newest first',
        responses: ok(
          'Failures',
          object({ exceptions: { type: 'array', items: { $ref: '#/components/schemas/Exception' } } }),
        ),
      },
    },
    '/api/v1/runners': {
      get: {
        summary: 'Runners and the slots they hold',
        responses: ok('Runners', object({ runners: { type: 'array', items: { type: 'object' } } })),
      },
    },
    '/api/v1/job/savepoints': {
      post: {
        summary: 'Take a savepoint',
        description: 'once: a savepoint of that name that is there already is the answer',
        requestBody: json(object({ name: string, once: { type: 'boolean' } })),
        responses: ok(
          'Where it is',
          object({ name: string, location: string, checkpoint: integer, bytes: integer, durationMs: integer }),
        ),
      },
    },
    '/api/v1/job/rescale': {
      post: {
        summary: 'Change the parallelism in place',
        requestBody: json({
          ...object({ parallelism: integer, runners: integer, release: { type: 'array', items: string } }),
          required: ['parallelism'],
        }),
        responses: ok('What it cost', { $ref: '#/components/schemas/Rescale' }),
      },
    },
    '/api/v1/job/upgrade': {
      post: {
        summary: 'Go on with a changed job file, on the same runners',
        description:
          'Takes a savepoint of that name; steps that stay as they are keep their state in memory. Refused while the job goes on as it was. `id` is what the job tells as `upgrade.id` from then on.',
        requestBody: json({
          ...object({ file: { type: 'object' }, savepoint: string, id: string }),
          required: ['file'],
        }),
        responses: ok('What it cost', object({ location: string, checkpoint: integer, pauseMs: integer })),
      },
    },
    '/api/v1/job/stop': {
      post: {
        summary: 'Stop with a last checkpoint, kept as a savepoint if a name is given',
        description:
          'drain: for good; event time goes to its end first, so that windows and timers give what they have',
        requestBody: json(object({ savepoint: string, drain: { type: 'boolean' } })),
        responses: ok('Where the state is', object({ location: string, checkpoint: integer })),
      },
    },
    '/api/v1/job/cancel': {
      post: { summary: 'Stop at once', responses: ok('The final state', object({ state: string })) },
    },
    '/api/v1/job/savepoints/delete': {
      post: {
        summary: 'Delete a savepoint',
        requestBody: json(object({ location: string })),
        responses: ok('Done', object({})),
      },
    },
    '/api/v1/job/state/delete': {
      post: {
        summary: 'Delete all that a job that is over has in its store, but for one savepoint',
        requestBody: json(object({ keep: string })),
        responses: ok('How many objects', object({ deleted: integer })),
      },
    },
    '/healthz': { get: { summary: 'The process answers', responses: { '200': { description: 'It does' } } } },
    '/readyz': {
      get: {
        summary: 'The job runs',
        responses: { '200': { description: 'It does' }, '503': { description: 'Not yet' } },
      },
    },
    '/metrics': { get: { summary: 'Prometheus metrics', responses: { '200': { description: 'Text format' } } } },
  },
  components: {
    schemas: {
      Error: { ...object({ code: string, message: string, hint: string }), required: ['code', 'message'] },
      Job: object({
        name: string,
        state: {
          enum: [
            'starting',
            'deploying',
            'running',
            'stopping',
            'restarting',
            'finished',
            'stopped',
            'failed',
            'cancelled',
          ],
        },
        parallelism: integer,
        restarts: integer,
        rowsIn: integer,
        rowsOut: integer,
        lag: integer,
        watermark: { type: ['integer', 'null'], description: 'Milliseconds since the epoch' },
        waitingFor: { type: 'string', description: 'What a source or sink waits for, e.g. a broker that is away' },
        lastCheckpoint: object({
          id: integer,
          atMs: integer,
          stateBytes: integer,
          uploadedBytes: integer,
          durationMs: integer,
        }),
        lastSavepoint: object({ id: integer, location: string, atMs: integer, durationMs: integer }),
        storeTrouble: string,
        checkpointFailures: object({ count: integer, reason: string }),
        restore: object({ slots: integer, slotsReady: integer, restoredBytes: integer, stateBytes: integer }),
        steps: { type: 'array', items: { $ref: '#/components/schemas/Step' } },
        models: {
          type: 'array',
          description: 'Models that steps follow: the version in use, the one being loaded, the one refused.',
          items: { type: 'object' },
        },
        exception: { $ref: '#/components/schemas/Exception' },
      }),
      Checkpoint: object({
        id: integer,
        kind: string,
        status: string,
        durationMs: integer,
        bytes: integer,
        alignMs: { type: 'number' },
        syncMs: { type: 'number' },
        asyncMs: { type: 'number' },
      }),
      Step: object({
        id: string,
        name: string,
        parallelism: integer,
        rowsIn: integer,
        rowsOut: integer,
        busyMs: integer,
        busyMsOf: { type: 'array', items: integer },
        blockedMsOf: { type: 'array', items: integer },
        lag: integer,
        watermark: { type: ['integer', 'null'] },
      }),
      Exception: object({ atMs: integer, code: string, message: string, runner: string, attempt: integer }),
      Rescale: object({ from: integer, to: integer, pauseMs: integer, movedGroups: integer, restoredBytes: integer }),
    },
  },
} as const;
