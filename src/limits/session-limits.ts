import type { Limit } from './limit.ts';

/** Bounds of what browsers are signed in by. */
export const sessionLimits = {
  sessionLifetimeMs: {
    value: 12 * 60 * 60 * 1000,
    unit: 'ms',
    error: 'SASL_AUTHENTICATION_FAILED',
    reason: 'A browser that was left open is signed out by the next morning; its key may be good for years.',
  },
  sessionCookieBytes: {
    value: 3_500,
    unit: 'bytes',
    error: 'INVALID_REQUEST',
    reason: 'Browsers drop cookies of more than 4,096 bytes with their name, without a word.',
  },
  socketTicketLifetimeMs: {
    value: 30_000,
    unit: 'ms',
    error: 'SASL_AUTHENTICATION_FAILED',
    reason: 'A ticket stands in the handshake of a socket, which proxies may log; it is used at once or never.',
  },
} as const satisfies Record<string, Limit>;
