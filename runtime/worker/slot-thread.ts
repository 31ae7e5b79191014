/** Entry point of a slot's worker thread. */
import { collectAfterStart } from '../boot/after-start.js';
import { freshBundle, keepCompiledCode } from '../boot/bundle.js';

keepCompiledCode();
const bundle = freshBundle('slot-thread');
collectAfterStart();
await (bundle === undefined ? import('./slot-thread-body.js') : import(bundle));
