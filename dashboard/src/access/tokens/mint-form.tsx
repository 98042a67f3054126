import { type FormEvent, useState } from 'react';
import type { CreateTokenOptions } from '../../../../src/client/index.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';

/** What is asked of a token, as people fill it in. */
export type MintForm = {
  readonly topic: string;
  readonly ops: string;
  readonly keyPrefix: string;
  readonly ttlMs: string;
  readonly sub: string;
};

const blank: MintForm = { topic: '', ops: 'read', keyPrefix: '', ttlMs: '900000', sub: '' };

const operations = [
  { value: 'read', label: 'read' },
  { value: 'write', label: 'write' },
  { value: 'read write', label: 'read and write' },
];

const lifetimes = [
  { value: '60000', label: '1 minute' },
  { value: '300000', label: '5 minutes' },
  { value: '900000', label: '15 minutes, the longest' },
];

/** What a form asks for; a topic that ends in `*` stands for all that begin with it. */
export function tokenOptionsOf({ topic, ops, keyPrefix, ttlMs, sub }: MintForm): CreateTokenOptions {
  const name = topic.trim();
  const pattern = name.endsWith('*') ? { prefix: name.slice(0, -1) } : { topic: name };
  const capability = {
    ...pattern,
    ops: ops.split(' ') as ('read' | 'write')[],
    ...(keyPrefix === '' ? {} : { key_prefix: keyPrefix }),
  };
  return { cap: [capability], ttlMs: Number(ttlMs), sub: sub.trim() === '' ? undefined : sub.trim() };
}

/** Which topics, what with them, which records, and for how long. */
export function MintTokenForm(props: { readonly isBusy: boolean; readonly onMint: (form: MintForm) => void }) {
  const [form, setForm] = useState(blank);
  const change = (changed: Partial<MintForm>) => setForm({ ...form, ...changed });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onMint(form);
  };
  return (
    <form onSubmit={submit} className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-3">
      <TextField
        label="Topic"
        required
        value={form.topic}
        onChange={({ target }) => change({ topic: target.value })}
        hint="orders, or orders-* for all that begin so."
      />
      <SelectField
        label="May"
        choices={operations}
        value={form.ops}
        onChange={({ target }) => change({ ops: target.value })}
      />
      <TextField
        label="Records whose key begins with"
        placeholder="any key"
        value={form.keyPrefix}
        onChange={({ target }) => change({ keyPrefix: target.value })}
        hint="Others are neither shown to it nor taken from it."
      />
      <SelectField
        label="Good for"
        choices={lifetimes}
        value={form.ttlMs}
        onChange={({ target }) => change({ ttlMs: target.value })}
      />
      <TextField
        label="Made for"
        placeholder="nobody in particular"
        value={form.sub}
        onChange={({ target }) => change({ sub: target.value })}
        hint="For your own use; it stands in the token as sub."
      />
      <div className="sm:col-span-2 lg:col-span-3">
        <Button type="submit" kind="primary" busyLabel={props.isBusy ? 'Minting …' : null}>
          Mint a token
        </Button>
      </div>
    </form>
  );
}
