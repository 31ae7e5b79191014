/** Entry point of a slot's worker thread. */
import { freshBundle, keepCompiledCode } from '../boot/bundle.js';

keepCompiledCode();
const bundle = freshBundle('slot-thread');
await (bundle === undefined ? import('./slot-thread-body.js') : import(bundle));
