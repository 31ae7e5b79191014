/**
 * Connects to an address behind which pods come and go. What was sent to a pod that is gone is swallowed, not refused, and that attempt
 * is never answered, though the pod's successor is there; but a successor that is slow to answer is to be waited for. So attempts overlap:
 * the next one begins while the one before still waits, less and less often, and the first to be answered counts.
 * One that is refused says that nobody is there now: somebody may be soon.
 */
import type { Socket } from 'node:net';

export interface Patience {
  /** The second attempt begins that long after the first, the third one and a half times as long after the second, and so on. */
  readonly nextMs: number;
  /** Whoever hasn't answered by then is not waited for. */
  readonly attemptMs: number;
}

const PATIENCE: Patience = { nextMs: 100, attemptMs: 6000 };
const GROWTH = 1.5;

/** Rejects when no attempt is under way any more: at once, when the first one is refused. `open` keeps to the time it is given. */
export function findLeader(
  open: (timeoutMs: number) => Promise<Socket>,
  { nextMs, attemptMs }: Patience = PATIENCE,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let underWay = 0;
    let isSettled = false;
    let timer: NodeJS.Timeout | undefined;
    const settle = () => {
      isSettled = true;
      clearTimeout(timer);
    };
    const attempt = (pauseMs: number) => {
      underWay++;
      timer = setTimeout(() => attempt(pauseMs * GROWTH), pauseMs);
      open(attemptMs).then(
        (socket) => {
          if (isSettled) return void socket.destroy();
          settle();
          resolve(socket);
        },
        (error) => {
          underWay--;
          if (isSettled) return;
          clearTimeout(timer);
          if (underWay === 0) {
            settle();
            reject(error);
          } else timer = setTimeout(() => attempt(nextMs), nextMs);
        },
      );
    };
    attempt(nextMs);
  });
}
