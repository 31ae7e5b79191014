/** `s3`: objects in MinIO or any S3, read and written. */
export { sink } from './sink.js';
export { source } from './source.js';
