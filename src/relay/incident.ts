import type { Failure } from '../errors/result.ts';

/** A bug, as its caller sees it: an incident id, under which the log has what happened. */
export function incidentFailure(thrown: unknown, where: string): Failure {
  const incident = crypto.randomUUID();
  const { name, message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  console.error(JSON.stringify({ level: 'error', incident, where, error: name, message, stack }));
  return {
    code: 'UNKNOWN_SERVER_ERROR',
    message: `The platform failed here. Its log has the cause under incident ${incident}; connect again and resume.`,
    detail: { incident },
  };
}
