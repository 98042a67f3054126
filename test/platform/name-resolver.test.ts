import { expect, it } from 'vitest';
import { nameResolver } from '../../src/platform/cloudflare/name-resolver.ts';

const signal = new AbortController().signal;

/** A name server that answers these by type; a number is an HTTP status. */
function resolverOver(answers: Readonly<Record<string, object | number>>) {
  const asked: string[] = [];
  const resolve = nameResolver(async (input) => {
    const url = new URL(String(input));
    asked.push(`${url.searchParams.get('name')} ${url.searchParams.get('type')}`);
    const answer = answers[url.searchParams.get('type') ?? ''] ?? { Status: 0 };
    return typeof answer === 'number' ? new Response(null, { status: answer }) : Response.json(answer);
  });
  return { asked, resolve };
}

it('answers the addresses of both kinds, and not the names on the way to them', async () => {
  const { asked, resolve } = resolverOver({
    A: {
      Status: 0,
      Answer: [
        { type: 5, data: 'edge.example.com.' },
        { type: 1, data: '93.184.215.14' },
      ],
    },
    AAAA: { Status: 0, Answer: [{ type: 28, data: '2606:2800:21f:cb07::1' }] },
  });
  expect(await resolve('login.example.com', signal)).toEqual(['93.184.215.14', '2606:2800:21f:cb07::1']);
  expect(asked).toEqual(['login.example.com A', 'login.example.com AAAA']);
});

it('answers none of a name that is not there, and throws when it cannot be told', async () => {
  expect(await resolverOver({ A: { Status: 3 }, AAAA: { Status: 3 } }).resolve('none.example.com', signal)).toEqual([]);
  await expect(resolverOver({ A: { Status: 2 } }).resolve('a.example.com', signal)).rejects.toThrow('status 2');
  await expect(resolverOver({ AAAA: 503 }).resolve('a.example.com', signal)).rejects.toThrow('503');
});
