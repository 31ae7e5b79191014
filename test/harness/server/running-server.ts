/** One life of a server: from a start to its death. A restart is another one. */
export interface RunningServer {
  /** Resolves when the server is gone, however it went. */
  readonly exited: Promise<void>;
  /** The end of what it logged, for an error message. */
  logTail(): Promise<string>;
  /** Ends it at once, as SIGKILL does, and waits until it is gone. */
  kill(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}
