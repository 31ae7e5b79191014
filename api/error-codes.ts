/**
 * All error codes. A code never changes its meaning and is never used again; docs/errors.md is made from this table.
 *
 * TW1… job files · TW2… SQL · TW3… connectors and formats · TW4… snapshots and state · TW5… coordinator and runners ·
 * TW6… Kubernetes · TW7… models · TW8… command line · TW9… ourselves.
 */
export interface ErrorCodeDoc {
  readonly title: string;
  /** What happened and what to do about it. */
  readonly doc: string;
  /** Whether the same call may succeed later, where the throwing code says nothing else. */
  readonly retryable: boolean;
}

const terminal = (title: string, doc: string): ErrorCodeDoc => ({ title, doc, retryable: false });
const passing = (title: string, doc: string): ErrorCodeDoc => ({ title, doc, retryable: true });

export const ERROR_CODES = {
  TW1001: terminal(
    'Job file not readable',
    'The file is not there, is not a file, or may not be read. Check the path.',
  ),
  TW1002: terminal(
    'Not valid YAML',
    'The YAML parser refused the file at the place given. Tabs as indentation and an unquoted `: ` inside text are the usual causes.',
  ),
  TW1003: terminal(
    'Unknown field',
    'A field that the resource does not have. The message names the nearest known field; `tidewheel explain` and `kubectl explain streamjob.spec` list all.',
  ),
  TW1004: terminal(
    'Wrong value',
    'A value has the wrong type, is out of bounds or is not one of those allowed. The message says what was expected and what was seen.',
  ),
  TW1005: terminal('Missing field', 'A field that has to be there is missing.'),
  TW1006: terminal(
    'Rule of the resource broken',
    'Fields that don’t go together, e.g. two bodies in one job, or more parallelism than maxParallelism.',
  ),
  TW1007: terminal(
    'Not exactly one StreamJob',
    'A job file holds exactly one StreamJob. Put each job into its own file; other kinds of documents may stand beside it.',
  ),
  TW1008: terminal('Unknown kind of file', 'The file name must end in .yaml, .yml, .json or .sql.'),
  TW1009: terminal('Body not supported here', 'The job has a body that this version or this command can’t run.'),
  TW1101: terminal('Graph: unknown node', 'A step names an input that is not a node of the graph.'),
  TW1102: terminal(
    'Graph: duplicate name',
    'Node names are the ids under which state is kept: each must be there once.',
  ),
  TW1103: terminal(
    'Graph: not a step',
    'Each node has exactly one of source, map, filter, flatMap, keyBy, watermark, window, process, union, sink.',
  ),
  TW1104: terminal('Graph: circle', 'Steps feed each other in a circle. A graph flows one way.'),
  TW1105: terminal(
    'Graph: wrong connection',
    'A source with inputs, a sink with followers, a step without input, or a keyed step without key.',
  ),
  TW1106: terminal(
    'Graph: window without event time',
    'A window over event time needs a source or a watermark step above it that says `time:`.',
  ),
  TW1201: terminal(
    'Function: syntax error',
    'The inline function is not valid TypeScript. The place is that of the function’s text in the job file.',
  ),
  TW1202: terminal(
    'Function: not a function',
    'An inline step must be one function expression: `(row) => …` or `function (row) { … }`.',
  ),
  TW1301: terminal(
    'Unknown connector or format',
    'No connector or format of that name, or it can’t be used on this side (source or sink).',
  ),
  TW1302: terminal('Connector option', 'An option that the connector or format doesn’t know, lacks or can’t take.'),
  TW1303: terminal(
    'Reference not resolved',
    'An option refers to an environment variable or secret that is not there. Values are looked up only when the job runs.',
  ),
  TW1401: terminal(
    'Not a duration',
    'Durations are written as a number and a unit: `500ms`, `5s`, `10 min`, `1h30m`, `7d`.',
  ),
  TW2001: terminal('SQL: syntax error', 'The text at the place given is not SQL of the dialect.'),
  TW2002: terminal(
    'SQL: unknown name',
    'A table, column, function, type or connector that is not known, or a name that two things have. The message has the nearest known name.',
  ),
  TW2003: terminal(
    'SQL: types do not fit',
    'An operator, function or INSERT got types it can’t take. A CAST often helps.',
  ),
  TW2004: terminal(
    'SQL: no meaning here',
    'Valid SQL that has no meaning at this place: an aggregate in WHERE, a window without a time attribute …',
  ),
  TW2005: terminal(
    'SQL: not supported yet',
    'Valid SQL that Tidewheel does not run yet. It is always an error, never a wrong answer.',
  ),
  TW2006: terminal('SQL: option of a table', 'A WITH option that is missing, not known or has a wrong value.'),
  TW2007: terminal(
    'Not in Flink',
    '`tidewheel export flink` met something that Flink has no word for. Leave it out of the job, or rewrite that part for Flink by hand.',
  ),
  TW3001: terminal(
    'Record can’t be decoded',
    'A record breaks the format or the schema. Fix the input or set the source’s `on-error` to `skip` or `dead-letter`.',
  ),
  TW3002: passing(
    'External system away',
    'A broker, store or socket could not be reached or answered with an error that may pass. The job retries with back-off.',
  ),
  TW3003: terminal('External system refuses', 'Wrong credentials, missing topic or bucket, or no permission.'),
  TW3101: terminal('File not found', 'The path of a filesystem source matches nothing.'),
  TW3102: terminal('File can’t be read or written', 'The operating system refused; the cause says why.'),
  TW3103: terminal(
    'File is shorter than the committed length',
    'On restore the output or input file was shorter than the snapshot says: somebody changed it. Restore the file or start without state.',
  ),
  TW3201: terminal(
    'Format can’t do this',
    'A format does not know a column’s type, or one of its options has a wrong value. The message says which and what is allowed.',
  ),
  TW3301: terminal('Kafka: broker refuses', 'A broker answered a request with an error that does not pass by itself.'),
  TW3302: terminal(
    'Kafka: no such topic',
    'A topic that the job names does not exist. Create it, or correct the name.',
  ),
  TW3303: terminal(
    'Kafka: offset out of range',
    'The position to read from is not in the partition any more (retention), or not yet. Start from another position, or set `properties.auto.offset.reset`.',
  ),
  TW3304: terminal(
    'Kafka: damaged batch',
    'A record batch fails its checksum or can’t be unpacked. The message has topic, partition and offset.',
  ),
  TW3305: terminal(
    'Kafka: too old',
    'The broker lacks a version of a request, or a topic has records in a format of before Kafka 0.11. Needed: Kafka 2.4, for exactly once 3.0.',
  ),
  TW3306: terminal(
    'Kafka: compression',
    'A codec that is not known, or can’t be written here: zstd is written on Node 22.15 and newer.',
  ),
  TW3307: passing(
    'Kafka: writer fenced',
    'A newer attempt of the job has taken over the transactional id, or the transaction was open longer than `transaction.timeout`. This attempt ends; the job goes on from the last checkpoint.',
  ),
  TW3308: terminal(
    'Kafka: transaction lost',
    'A transaction that the checkpoint counts on was aborted before it was committed: the job was down longer than `transaction.timeout`. Its rows are lost. Start from before it, or set `sink.on-lost-transaction` to `ignore`.',
  ),
  TW3309: terminal(
    'Kafka: record too large',
    'A single record is larger than the topic takes. Raise `max.message.bytes` of the topic, or write smaller rows.',
  ),
  TW3310: passing(
    'Kafka: too many transactions',
    'A thousand transactions of one writer wait for their checkpoints: checkpoints don’t complete.',
  ),
  TW3311: passing('Kafka: closed', 'The reader or writer was closed while something waited for it.'),
  TW4001: terminal(
    'Snapshot does not verify',
    'A checksum or the manifest is wrong. The snapshot is refused; choose an older one with `restore.from`.',
  ),
  TW4002: terminal('Snapshot belongs to another job', 'The manifest names another job or another graph.'),
  TW4003: terminal(
    'State would be dropped',
    'The changed job has no step for some state of the snapshot. Set `restore.allowDroppedState: true` if that is meant.',
  ),
  TW4004: terminal('State is incompatible', 'A step changed such that its state can’t be read. The message says how.'),
  TW4005: passing(
    'Checkpoint failed',
    'A checkpoint did not complete (timeout or store error). The job goes on until `checkpoint.tolerableFailures` is reached.',
  ),
  TW4006: passing(
    'Local disk for state',
    'The folder in which a job with `stateBackend.type: disk` keeps state beyond its memory is full or can’t be used. Nothing is lost: the job starts again from its last checkpoint. Give the folder more room (`stateBackend.folder`, a volume of the pod), or the state a TTL.',
  ),
  TW4101: terminal(
    'Object missing',
    'The store does not have an object that a snapshot names. Restore from another snapshot.',
  ),
  TW4102: terminal(
    'Object exists',
    'An object that is written once is there already: another coordinator leads this job. The one that sees this steps back.',
  ),
  TW4103: passing(
    'Store away',
    'The object store can’t be reached or refuses. It is tried again; checkpoints fail meanwhile.',
  ),
  TW5001: terminal(
    'User function failed',
    'An inline function threw. The message has its place in the job file and the cause.',
  ),
  TW5002: passing('Runner lost', 'A runner died or hangs. Tasks restart from the last checkpoint.'),
  TW5003: terminal('Restart strategy exhausted', 'The job failed more often than its restart strategy allows.'),
  TW5004: passing('Not enough slots', 'The job needs more slots than runners offer. It waits for runners.'),
  TW5006: terminal(
    'Expression failed',
    'A CAST, a division, a pattern or a function of SQL has no result for a value of a row. TRY_CAST gives NULL instead; NULLIF keeps a zero from a division.',
  ),
  TW6001: terminal(
    'API server refuses',
    'The Kubernetes API server refused a request: no permission, an invalid object, a name taken. The message is its own.',
  ),
  TW6002: passing(
    'API server away',
    'The Kubernetes API server does not answer or is overloaded. The operator tries again; jobs go on meanwhile.',
  ),
  TW6003: passing('Object changed meanwhile', 'Somebody else changed the object. It is read and tried again.'),
  TW6004: terminal(
    'Change refused',
    'The new spec would lose or break state that the policy protects. The job goes on as it was; status.plan says which step and why.',
  ),
  TW6005: passing(
    'Coordinator away',
    'The coordinator of the job does not answer. It is asked again; the job’s tasks go on meanwhile.',
  ),
  TW6006: terminal(
    'Deadline passed',
    'A phase took longer than `spec.deadlines` allows. Where it can be undone, it is; the message says what was waited for.',
  ),
  TW6007: terminal(
    'No cluster to talk to',
    'The kubeconfig is missing or can’t be read, has no such context or cluster, or its way to log in fails. The message says which; `kubectl config get-contexts` shows what is there.',
  ),
  TW7101: terminal(
    'Learning: parameter out of range',
    'A learner, transform, metric or detector was given a parameter that it can’t take. The message says what is allowed.',
  ),
  TW7102: terminal(
    'Learning: value not usable',
    'A record holds a value that the algorithm can’t take: a string where a number is needed (put an encoder before it), an infinity, a negative count, a label of another kind. The message names the feature and the value.',
  ),
  TW7103: terminal(
    'Learning: named and positional features mixed',
    'The same object was given dictionaries and vectors. Its features are either named or numbered, for good.',
  ),
  TW7104: terminal(
    'Learning: not the state of this type',
    'The saved state belongs to another algorithm, or is damaged.',
  ),
  TW7105: terminal(
    'Learning: state of a newer release',
    'The saved state was written by a newer version of the algorithm. Upgrade before restoring it.',
  ),
  TW7106: terminal(
    'Learning: unknown name',
    'No learner, transform, metric, detector, optimizer or loss has that name.',
  ),
  TW7107: terminal(
    'Learning: library not loaded',
    'A neural network was asked or taught before TensorFlow.js was given to it, or an image decoded before its library was loaded. Jobs and servers do that by themselves; in a program, await `attachTensorFlow` or `loadLibraries` first.',
  ),
  TW7201: terminal(
    'Model: unknown format',
    'The files are not a model that Tidewheel reads, or not of the format named. It reads tfjs layers and graph models, Keras `.keras` and `.h5`, ONNX, SavedModel (where tfjs-node is there) and the JSON of its own learners.',
  ),
  TW7202: terminal(
    'Model: file damaged',
    'A file of the model is cut short, is missing, or contradicts another: a weight that the layers don’t have, a layer without its weights. Export the model again.',
  ),
  TW7203: terminal(
    'Model: inputs do not fit',
    'A tensor has another name, type, shape or number of elements than the model’s signature says. `tidewheel model show` prints the signature.',
  ),
  TW7204: terminal(
    'Model: no answer',
    'The library that runs the model failed on inputs that fit the signature. The message is the library’s.',
  ),
  TW7205: terminal(
    'Model: layer or operation not supported',
    'The model has a layer or an operation that no backend here can run; the message names it. Replace it, or export the model as ONNX.',
  ),
  TW7206: terminal(
    'Model: no backend',
    'None of the libraries that run this format is installed here. The message says which would be needed and why those that were tried failed.',
  ),
  TW7301: terminal('Model registry: no such model', 'Nothing was pushed under that name into this store.'),
  TW7302: terminal('Model registry: no such version', 'The model has no complete version of that name.'),
  TW7303: terminal(
    'Model registry: version exists',
    'Versions never change. Push under another version, or leave it out: the next number is taken.',
  ),
  TW7304: terminal(
    'Model registry: stored bytes changed',
    'A stored file of the version is missing or has another checksum than the manifest says. Restore the store, or push the model again.',
  ),
  TW7305: terminal(
    'Model: golden rows answered otherwise',
    'The model loads, but its answers to the golden rows stored with it are out of tolerance. The message says which row, which output, what was expected and what came.',
  ),
  TW7306: terminal(
    'Model registry: name not allowed',
    'Names of models and versions have letters, digits, `.`, `-` and `_`, begin with a letter or digit, and have at most 63 characters.',
  ),
  TW7308: passing(
    'Model: address does not answer',
    'The model was to be fetched by HTTP, and the address can’t be reached or refuses. It is tried again, unless it was refused for good.',
  ),
  TW7309: terminal(
    'Model: steps around it do not fit',
    'The steps before or after a model (`processing` of a ModelDeployment, `processing.json` of a version) are not what can be read, or do not lead to the inputs and from the outputs of the model. The message says which step.',
  ),
  TW7307: terminal(
    'Model: golden rows not readable',
    'Each line of the file is a JSON object with `inputs` and `outputs`: values of one row by tensor name.',
  ),
  TW8001: terminal('Command line', 'Wrong arguments; see `--help` of the command.'),
  TW5101: passing('Data connection damaged', 'Bytes between two runners are not what was sent. Tasks restart.'),
  TW5102: passing(
    'Data connection lost',
    'Two runners can’t reach each other. Tasks restart from the last checkpoint.',
  ),
  TW5103: terminal(
    'Value can’t be kept',
    'A function put something into a row or into state that is not plain data: a function, a symbol, a cycle.',
  ),
  TW7401: terminal(
    'Model: columns do not fit',
    'The columns of INPUT and OUTPUT (or `inputs` and `outputs` of a step) can’t be what the model takes and gives. The hint has the signature.',
  ),
  TW7402: terminal('Model: no file', 'The file or folder that `path` names can’t be read where the job runs.'),
  TW7403: passing(
    'Model: no version to use',
    'A step follows the promoted version of a model, but none is promoted, or the one it should change to is not loaded. Push and promote one: `tidewheel model push FILE --name NAME --promote`.',
  ),
  TW7404: passing(
    'Model server: no answer',
    'A server of the Open Inference Protocol is away, overloaded or too slow; it is asked again before the job fails.',
  ),
  TW7405: terminal(
    'Model server: refused',
    'A server of the Open Inference Protocol refused the request for good (no such model or version, inputs that don’t fit); the message is its own.',
  ),
  TW8002: terminal(
    'No such running job',
    'No coordinator of that job answers here. Check the name and --state-dir, or whether the job has ended.',
  ),
  TW8003: terminal(
    'The job refuses',
    'The coordinator can’t do what was asked in the state that the job is in. The message says why.',
  ),
  TW9001: terminal('Unexpected error', 'A fault of Tidewheel itself or of a library. Please report it with the stack.'),
} as const satisfies Record<`TW${number}`, ErrorCodeDoc>;

export type ErrorCode = keyof typeof ERROR_CODES;
