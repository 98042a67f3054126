/** What the platform throws when it fails a call; the flags are those of Durable Object errors. */
export class TransportError extends Error {
  readonly retryable?: boolean;
  readonly overloaded?: boolean;
  readonly durableObjectReset?: boolean;

  constructor(message: string, flags: { retryable?: boolean; overloaded?: boolean; durableObjectReset?: boolean }) {
    super(message);
    Object.assign(this, flags);
  }
}

/** The call or its answer was lost on the way. */
export const connectionLost = () => new TransportError('Network connection lost.', { retryable: true });

/** The object was reset while the call was under way. */
export const objectReset = () =>
  new TransportError('Durable Object reset because its code was updated.', {
    durableObjectReset: true,
    retryable: true,
  });

export const objectOverloaded = () =>
  new TransportError('Durable Object is overloaded. Requests queued for too long.', { overloaded: true });

/** What storage throws once the instance has lost it. */
export class StorageLost extends TransportError {
  constructor(message: string) {
    super(message, { durableObjectReset: true });
  }
}
