import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from './running-server.js';

/** What a test may do to any server that it started itself. */
export interface ServerControls {
  /** Ends the server for good and removes what it stored, unless the caller named the folder. Any number of times. */
  stop(): Promise<void>;
  /** SIGKILL. Data and port stay; {@link restart} brings it back. */
  kill(): Promise<void>;
  /** Starts it on the same data and the same port and waits until it answers; kills it first where it is still up. */
  restart(): Promise<void>;
  /** Freezes it (SIGSTOP): connections stay open, nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export interface ServerParts {
  /** For messages. */
  readonly name: string;
  launch(): Promise<RunningServer>;
  /** One real request: resolves when it was answered. It is repeated until then. */
  probe(): Promise<void>;
  /** Removes what is left after the last life. */
  cleanUp(): Promise<void>;
  readonly readyTimeoutMs?: number;
}

/** Starts a server, waits until a real request is answered, and gives the controls over its lives. */
export async function startServer(parts: ServerParts): Promise<ServerControls> {
  let current: RunningServer | undefined;

  const kill = async () => {
    const running = current;
    current = undefined;
    await running?.kill();
  };
  const start = async () => {
    current = await parts.launch();
    await untilReady(parts, current);
  };
  const stop = async () => {
    await kill();
    await parts.cleanUp();
  };

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    pause: async () => await current?.pause(),
    resume: async () => await current?.resume(),
  };
}

async function untilReady(parts: ServerParts, running: RunningServer): Promise<void> {
  const timeoutMs = parts.readyTimeoutMs ?? 90_000;
  const deadline = Date.now() + timeoutMs;
  let gone = false;
  void running.exited.then(() => {
    gone = true;
  });
  for (;;) {
    let last: unknown;
    try {
      return await parts.probe();
    } catch (error) {
      last = error;
    }
    if (gone) throw new Error(`${parts.name} ended while starting:\n${await running.logTail()}`, { cause: last });
    if (Date.now() > deadline) {
      throw new Error(`${parts.name} did not answer within ${timeoutMs} ms:\n${await running.logTail()}`, {
        cause: last,
      });
    }
    await delay(50);
  }
}
