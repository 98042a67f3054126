import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { auditEntrySchema } from '../../contracts/audit.ts';
import { type AuditEntry, AuditVerifier, type ChainHead } from '../../tenancy/audit-chain.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const audit: Command = {
  help: `Usage: millrace audit list [--principal P] [--action A] [--outcome done|attempted|refused] [--limit 100]
       millrace audit export
       millrace audit follow [--after SEQUENCE]
       millrace audit verify [FILE] [--head SEQUENCE:HASH]

The audit log of the organization: who changed what, and who was refused what. Every entry holds the hash of the one
before it. List shows the newest entries first; export prints all of them as JSON lines, the oldest first. Follow prints
them as JSON lines too, as they come, until it is interrupted; --after goes on behind an entry, and 0 begins with the
first.

Verify checks the whole log, or a file that export made, and names the first bad entry. It prints the head: noted down
somewhere else and given as --head the next time, it shows whether entries were cut off at the end or the log was
written anew.

Examples:
  millrace audit list --outcome refused
  millrace audit export > audit.ndjson
  millrace audit verify audit.ndjson --head 41:9f2c...
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('audit', { list, export: exportAll, follow, verify });

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    principal: { type: 'string' },
    action: { type: 'string' },
    outcome: { type: 'string' },
    limit: { type: 'string', default: '100' },
  });
  requirePositionals(positionals, []);
  const { principal, action, outcome } = values;
  const limit = Number(values.limit);
  if (!Number.isSafeInteger(limit) || limit < 1) throw new UsageError('--limit is a number of entries, at least 1.');
  const rows: string[][] = [];
  let shown = 0;
  for await (const entry of client.organization.audit({ order: 'newest', principal, action, outcome })) {
    if (json) output.line(JSON.stringify(entry));
    else rows.push(rowOf(entry));
    shown += 1;
    if (shown >= limit) break;
  }
  if (!json) {
    output.line(renderTable(['ENTRY', 'TIME', 'PRINCIPAL', 'HOST', 'ACTION', 'RESOURCE', 'OUTCOME', 'COUNT'], rows));
  }
}

function rowOf({ sequence, at, principal, host, action, resource, outcome, count }: AuditEntry): string[] {
  const time = new Date(at).toISOString();
  return [String(sequence), time, principal ?? '-', host ?? '-', action, resource, outcome, String(count)];
}

async function exportAll({ argv, client, output }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  for await (const entry of client.organization.audit({ order: 'oldest' })) output.line(JSON.stringify(entry));
}

async function follow({ argv, client, output }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { after: { type: 'string' } });
  requirePositionals(positionals, []);
  if (values.after !== undefined && !/^\d{1,15}$/.test(values.after)) {
    throw new UsageError('--after is the sequence of an entry.');
  }
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  void output.closed.then(interrupt);
  const after = values.after === undefined ? await newestSequence(client) : Number(values.after);
  try {
    for await (const entry of client.organization.followAudit({ after, signal: stop.signal })) {
      output.line(JSON.stringify(entry));
    }
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
  }
}

async function newestSequence(client: Invocation['client']): Promise<number> {
  for await (const { sequence } of client.organization.audit({ order: 'newest' })) return sequence;
  return 0;
}

async function verify({ argv, client, output, terminal, json }: Invocation): Promise<number> {
  const { values, positionals } = parseArguments(argv, { head: { type: 'string' } });
  if (positionals.length > 1) throw new UsageError('verify takes one file, or none for the log itself.');
  const noted = values.head === undefined ? null : parseHead(values.head);
  const [file] = positionals;
  const entries = file === undefined ? client.organization.audit({ order: 'oldest' }) : entriesOf(file);
  const verifier = new AuditVerifier((bytes) => createHash('sha256').update(bytes).digest('hex'));
  let count = 0;
  for await (const entry of entries) {
    const bad = verifier.check(entry) ?? (noted === null ? null : verifier.checkNoted(entry, noted));
    if (bad !== null) return reportBad(bad);
    count += 1;
  }
  const cut = noted === null ? null : verifier.checkEnd(noted);
  if (cut !== null) return reportBad(cut);
  const { first, last } = verifier;
  if (json) output.line(JSON.stringify({ ok: true, entries: count, first, head: last }));
  else if (last === null) output.line('the log is empty');
  else output.line(`good: ${count} entries from ${first}; head ${last.sequence}:${last.hash}`);
  return exitCode.ok;

  function reportBad({ sequence, reason }: { readonly sequence: number; readonly reason: string }): number {
    if (json) output.line(JSON.stringify({ ok: false, sequence, reason }));
    else terminal.say(`bad: entry ${sequence}: ${reason}`);
    return exitCode.failed;
  }
}

function parseHead(text: string): ChainHead {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) {
    throw new UsageError('--head is what verify printed: SEQUENCE:HASH, with 64 hexadecimal digits.');
  }
  return { sequence: Number(sequence), hash };
}

async function* entriesOf(file: string): AsyncGenerator<AuditEntry, void, undefined> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line === '') continue;
    const entry = auditEntrySchema.safeParse(parseJson(line));
    if (!entry.success) throw new UsageError(`line ${number} of ${file} is no entry of an audit log.`);
    yield entry.data;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
