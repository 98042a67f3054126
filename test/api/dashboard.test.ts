import { describe, expect, test } from 'vitest';
import { answerDashboard, type DashboardFiles, isDashboardPath } from '../../src/api/dashboard.ts';

const files: DashboardFiles = async (path) => {
  const types: Readonly<Record<string, string>> = { '/': 'text/html', '/assets/main-1a2b.js': 'text/javascript' };
  const type = types[path];
  return type === undefined
    ? new Response('none', { status: 404 })
    : new Response(`file ${path}`, { headers: { 'content-type': type } });
};

const get = (path: string, init: RequestInit = {}) =>
  answerDashboard(new Request(`https://millrace.example${path}`, init), files);

describe('the dashboard', () => {
  test('answers every address of a view with its page, under a policy that lets nothing else load', async () => {
    for (const path of [
      '/dashboard',
      '/dashboard/acme/main/topics/orders',
      '/dashboard/a/b/topics/web.clicks',
      '/dashboard/a/b/topics/v1.0/0/12?x=1',
    ]) {
      const answer = await get(path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, 'file /']);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
      expect(policy).toContain("connect-src 'self' ws://millrace.example wss://millrace.example;");
      expect(policy).not.toMatch(/unsafe|\*/);
    }
  });

  test('keeps files whose names carry a hash for good, and says which it lacks', async () => {
    const script = await get('/dashboard/assets/main-1a2b.js');
    expect([script.status, script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      200,
      'text/javascript',
      'public, max-age=31536000, immutable',
    ]);
    const lost = await get('/dashboard/assets/main-gone.js');
    expect([lost.status, await lost.json()]).toMatchObject([404, { code: 'ROUTE_NOT_FOUND' }]);
  });

  test('takes GET and HEAD alone, and says so where it was not built', async () => {
    const head = await get('/dashboard', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await get('/dashboard', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const unbuilt = await answerDashboard(new Request('https://millrace.example/dashboard'), null);
    expect([unbuilt.status, await unbuilt.text()]).toEqual([404, expect.stringContaining('npm run build')]);
  });

  test('is what stands under its name, and no more', () => {
    const within = ['/dashboard', '/dashboard/', '/dashboard?x', '/dashboard/a/b'];
    expect(within.map(isDashboardPath)).toEqual(within.map(() => true));
    expect(['/', '/dashboards', '/v1/dashboard', '/dash'].map(isDashboardPath)).toEqual([false, false, false, false]);
  });
});
