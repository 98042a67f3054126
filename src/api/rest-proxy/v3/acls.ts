import { failed } from '../../../errors/result.ts';
import type { RestHandler } from '../rest-call.ts';

/** What Kafka answers where no authorizer is configured; here, as long as the platform asks nobody who they are. */
const refuse: RestHandler = () =>
  failed('SECURITY_DISABLED', 'This platform runs open, without credentials, so it has no ACLs to show or to change.');

export const aclHandlers = {
  searchAcls: refuse,
  createAcl: refuse,
  deleteAcls: refuse,
  createAcls: refuse,
} as const;
