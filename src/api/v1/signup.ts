import { platformPrincipal } from '../../authorization/principal.ts';
import { type InvitationJson, invitationCreateSchema, signupSchema } from '../../contracts/signup.ts';
import { limits } from '../../limits.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readJson } from '../request-body.ts';
import type { Handler } from '../services.ts';
import { actorOf, withCredentials } from './organization-access.ts';
import { foundOrganization } from './organizations.ts';

const signUp: Handler = async (c) => {
  const body = await readJson(c.req.raw, signupSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { name, invitation = null } = body.value;
  const { host } = actorOf(c);
  const admitted = await c.env.tenancy.signup.admit({ name, invitation, host });
  if (!admitted.ok) return problemAnswer(admitted.error);
  const { orgId, clusterId } = admitted.value;
  const actor = { principal: platformPrincipal(admitted.value), host };
  return foundOrganization(c, actor, { orgId, name, cluster: { clusterId, name: 'main' } });
};

const createInvitation: Handler = async (c) => {
  const body = await readJson(c.req.raw, invitationCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const issued = c.env.tenancy.signup.invite(body.value.expires_in_ms ?? limits.invitationLifetimeMs.value);
  if (!issued.ok) return problemAnswer(issued.error);
  const { invitation, expiresAtMs } = issued.value;
  return jsonAnswer({ invitation, expires_at: expiresAtMs } satisfies InvitationJson, 201);
};

/** Who signs up has no credential; only an operator who is known invites. */
export const signupHandlers = { signUp, ...withCredentials({ createInvitation }) };
