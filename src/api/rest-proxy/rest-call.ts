import type { Result } from '../../errors/result.ts';
import type { CountSent } from '../sent-records.ts';
import type { Services } from '../services.ts';

/** One request of a REST Proxy door, as its handler sees it. */
export type RestCall = {
  readonly request: Request;
  readonly services: Services;
  readonly sent: CountSent;
  readonly context: ExecutionContext | undefined;
  /** Where the door begins, without a slash at its end, such as `http://127.0.0.1:8082`: links are made with it. */
  readonly base: string;
  /** The path's parameters, decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** The media type that was negotiated for the answer. */
  readonly contentType: string;
};

/** One operation: its failures are turned into an answer in one place, in the words of its version. */
export type RestHandler = (call: RestCall) => Result<Response> | Promise<Result<Response>>;

/** A parameter of the path; the route table gives every one that its template names. */
export function pathParameter(call: RestCall, name: string): string {
  return call.path[name] ?? '';
}
