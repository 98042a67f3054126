import type { Member } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
import { answer } from '../output/answer.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

/** `millrace orgs members`. */
export const members = verbRunner('orgs members', { list, invite, 'set-role': setRole, remove });

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const listed = await client.organization.members.list();
  if (json) {
    for (const member of listed) output.line(JSON.stringify(member));
    return;
  }
  const rows = listed.map((one) => [one.member_id, one.email, one.role, one.status, timeOf(one.last_seen_at)]);
  output.line(renderTable(['MEMBER', 'EMAIL', 'ROLE', 'STATUS', 'LAST SEEN'], rows));
}

async function invite(invocation: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(invocation.argv, { role: { type: 'string' } });
  const [email] = requirePositionals(positionals, ['the address']);
  if (values.role === undefined)
    throw new UsageError('say what they may do: --role owner, admin, developer or viewer.');
  const member = await invocation.client.organization.members.invite({ email: email!, role: values.role });
  print(invocation, member, `invited ${member.email} as ${member.role}: ${member.member_id}`);
}

async function setRole(invocation: Invocation): Promise<void> {
  const { positionals } = parseArguments(invocation.argv, {});
  const [memberId, role] = requirePositionals(positionals, ['the member', 'the role']);
  const member = await invocation.client.organization.members.setRole(memberId!, role!);
  print(invocation, member, `${member.email} is ${member.role} now`);
}

async function remove(invocation: Invocation): Promise<void> {
  const { argv, client } = invocation;
  const [memberId] = requirePositionals(parseArguments(argv, {}).positionals, ['the member']);
  await client.organization.members.remove(memberId!);
  answer(invocation, { member_id: memberId, removed: true }, `removed ${memberId}`);
}

function print({ output, terminal, json }: Invocation, member: Member, headline: string): void {
  if (json) output.line(JSON.stringify(member));
  else terminal.say(headline);
}

function timeOf(ms: number | null): string {
  return ms === null ? '-' : new Date(ms).toISOString();
}
