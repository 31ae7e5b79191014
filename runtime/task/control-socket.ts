/** ControlLink over a TCP (or TLS) socket: one JSON document a line. */
import type { Socket } from 'node:net';
import type { ControlLink } from './control.js';

/** A line longer than this is a damaged or hostile stream. Plans and manifests travel by the store, not here. */
const MAX_LINE = 64 * 1024 * 1024;

export function socketLink<In, Out>(socket: Socket): ControlLink<In, Out> {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 5000);
  const handlers: ((message: In) => void)[] = [];
  const closers: (() => void)[] = [];
  const waiting: In[] = [];
  let pieces: string[] = [];
  let size = 0;
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    let rest = text;
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n')) {
      pieces.push(rest.slice(0, at));
      rest = rest.slice(at + 1);
      const line = pieces.join('');
      pieces = [];
      size = 0;
      let message: In;
      try {
        message = JSON.parse(line) as In;
      } catch {
        socket.destroy();
        return;
      }
      if (handlers.length === 0) waiting.push(message);
      else for (const h of handlers) h(message);
    }
    if (rest.length === 0) return;
    pieces.push(rest);
    size += rest.length;
    if (size > MAX_LINE) socket.destroy();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const h of closers) h();
  });
  return {
    send: (message) => {
      if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
    },
    onMessage: (handler) => {
      handlers.push(handler);
      for (const message of waiting.splice(0)) handler(message);
    },
    onClose: (handler) => {
      if (socket.destroyed) setImmediate(handler);
      else closers.push(handler);
    },
    close: () => {
      socket.end();
      // A peer that doesn't answer the end is not waited for.
      setTimeout(() => socket.destroy(), 500).unref();
    },
  };
}
