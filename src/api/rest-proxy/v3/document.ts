import { buildRestProxyDocument } from '../openapi.ts';
import { restAnswer } from '../rest-answer.ts';
import type { RestHandler } from '../rest-call.ts';

const getRestProxyDocument: RestHandler = (call) =>
  restAnswer(call, buildRestProxyDocument(call.services.version, call.base));

export const documentHandlers = { getRestProxyDocument } as const;
