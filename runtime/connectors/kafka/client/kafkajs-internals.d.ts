/** The parts of kafkajs 2.2 that open and authenticate a connection. They are not in its public types. */
declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';

  export default class Connection {
    constructor(options: {
      host: string;
      port: number;
      logger: object;
      socketFactory: (options: {
        host: string;
        port: number;
        ssl: import('node:tls').ConnectionOptions | null;
        onConnect: () => void;
      }) => Socket;
      requestTimeout: number;
      connectionTimeout: number;
      clientId: string;
      ssl: import('node:tls').ConnectionOptions | null;
      sasl: object | null;
    });
    readonly socket: Socket | undefined;
    readonly requestQueue: { destroy(): void };
    /** Milliseconds, as a Long; zero: for ever. */
    readonly sessionLifetime: { toNumber(): number };
    connect(): Promise<unknown>;
    authenticate(): Promise<void>;
    setVersions(versions: object): void;
    setSupportAuthenticationProtocol(supported: boolean): void;
    send(protocol: object): Promise<any>;
  }
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  const exports: {
    readonly requests: {
      readonly ApiVersions: { protocol(options: { version: number }): () => object };
    };
  };
  export default exports;
}
