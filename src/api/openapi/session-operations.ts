import { sessionSchema, socketTicketSchema } from '../../contracts/session.ts';
import { anyCredential } from './authorization.ts';
import type { Operation } from './operation.ts';
import { json } from './operation-parts.ts';

export const sessionOperations = {
  describeSession: {
    method: 'GET',
    path: '/v1/session',
    authorization: anyCredential('it answers what is known of the caller alone'),
    tag: 'Platform',
    summary: 'Who am I, where, and what may I do?',
    description: 'Answered from memory: it calls no object beyond those that the credential needs.',
    answers: { 200: { description: 'The caller.', content: { [json]: { schema: sessionSchema } } } },
    errors: ['INVALID_REQUEST'],
  },
  createSession: {
    method: 'POST',
    path: '/v1/session',
    authorization: anyCredential('it signs its own browser in', 'CLUSTER'),
    tag: 'Platform',
    summary: 'Sign a browser in: the credential goes into a cookie that no script reads',
    description:
      'For pages that the platform serves, such as the dashboard. The cookie (`HttpOnly`, `SameSite=Strict`, over https with the prefix `__Host-`) has the credential sealed and ends after twelve hours, or with it. A request is let in by it when it comes from a page of the platform and names the cluster in the header `Millrace-Session`. Sent with another session, it makes one for a cluster of `Millrace-Cluster` that the credential is good for too.',
    answers: {
      201: { description: 'Signed in: who the caller is.', content: { [json]: { schema: sessionSchema } } },
    },
    errors: ['INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  endSession: {
    method: 'DELETE',
    path: '/v1/session',
    authorization: anyCredential('it signs its own browser out', 'CLUSTER'),
    tag: 'Platform',
    summary: 'Sign the browser out of the cluster',
    description: 'The cookie is dropped. To end every session of a key, wherever it is, revoke the key.',
    answers: { 204: { description: 'Signed out.' } },
    errors: ['INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  createSocketTicket: {
    method: 'POST',
    path: '/v1/session/tickets',
    authorization: anyCredential('the ticket is good for what the caller may do', 'CLUSTER'),
    tag: 'Platform',
    summary: 'Make a ticket that opens one socket',
    description:
      'A browser gives a WebSocket no header: the ticket is sent as the subprotocol `millrace.bearer.<ticket>` in the place of a credential. It opens one socket, within thirty seconds; the socket then ends when the credential does.',
    answers: { 201: { description: 'The ticket.', content: { [json]: { schema: socketTicketSchema } } } },
    errors: ['INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
