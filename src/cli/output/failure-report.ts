import type { MillraceError } from '../../client/index.ts';

/** What to do next, for codes where there is something to do besides reading the message. */
const nextSteps: Readonly<Record<string, string>> = {
  NETWORK_EXCEPTION: 'start the platform with "millrace dev", or name another one with --url',
  UNKNOWN_TOPIC_OR_PARTITION: 'see what there is with "millrace topics list", or "millrace topics create NAME"',
  TOPIC_ALREADY_EXISTS: 'see it with "millrace topics describe NAME"',
  INVALID_TOPIC_EXCEPTION: 'use letters, digits, ".", "_" and "-", 249 at most',
  OFFSET_OUT_OF_RANGE: 'start at --from earliest, or at an offset that "millrace topics describe" shows',
  INVALID_POSITION: 'start at --from earliest, or at a position as it was printed',
  MESSAGE_TOO_LARGE: 'raise it with "millrace topics alter NAME --config max.message.bytes=N"',
  INVALID_CONFIG: 'the keys of a topic are Kafka\'s; "millrace topics describe NAME" shows all of them',
  UNKNOWN_OUTCOME: 'read the end of the topic to see what is stored before you send again',
  REQUEST_TIMED_OUT: 'the platform is slow or gone: look at its log, then repeat the command',
  OVERLOADED: 'wait a moment and repeat the command, or slow down with --rate',
  THROTTLING_QUOTA_EXCEEDED: 'slow down with --rate, or ask for a higher quota',
  ORIGIN_REFUSED: 'an open platform answers on loopback only: use --url http://127.0.0.1:PORT',
  SASL_AUTHENTICATION_FAILED: 'give an API key with --api-key, or in $MILLRACE_API_KEY',
  SECURITY_DISABLED: 'start a platform that has credentials with "millrace dev --auth"',
  GROUP_ID_NOT_FOUND: 'see what there is with "millrace groups list", or "millrace share list"',
  NON_EMPTY_GROUP: 'stop the members that "millrace groups describe GROUP" shows, or wait until their sessions end',
  GROUP_SUBSCRIBED_TO_TOPIC: 'stop the members that read the topic',
  STORAGE_FULL: 'shorten retention.ms, or delete topics that are not needed',
};

/** An error for people: code, cause and next step. */
export function describeFailure(error: MillraceError): { readonly headline: string; readonly next: string | null } {
  const incident = error.incident === null || error.message.includes(error.incident) ? '' : ` [${error.incident}]`;
  return { headline: `${error.message}${incident}`, next: nextSteps[error.code] ?? null };
}

/** An error for programs, one line of JSON. */
export function failureJson(error: MillraceError): string {
  const { code, message, status, retriable, detail } = error;
  return JSON.stringify({ error: { code, message, status, retriable, detail } });
}
