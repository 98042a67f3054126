/** The bytes of one connection, both ways: a TCP socket, or the binary messages of a WebSocket. */
export interface ByteStream {
  /** The next bytes, or null once the client has ended its side. They are valid until the next call only. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the peer can take more; rejects when it is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends our side after everything written. */
  end(): Promise<void>;
  /** Drops the connection at once: what is being read or written ends. */
  destroy(): void;
}
