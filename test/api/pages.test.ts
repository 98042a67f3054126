import { describe, expect, it } from 'vitest';
import { operationIds } from '../../src/api/openapi/operations.ts';
import { html, layout, prose } from '../../src/api/pages/html.ts';
import { errorTable } from '../../src/errors/error-codes.ts';
import { emptyClusterServices } from '../support/api-services.ts';
import { createCheckedApi } from '../support/checked-api.ts';

const api = createCheckedApi(emptyClusterServices());

describe('pages', () => {
  it.each(['/', '/docs', '/docs/errors'])('%s loads nothing but its stylesheet and runs nothing', async (path) => {
    const answer = await api.request(path, { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const text = await answer.text();
    expect(text.startsWith('<!doctype html>')).toBe(true);
    expect(text).not.toMatch(/<script|\son\w+=|\sstyle=|javascript:|<img|<iframe|@import/i);
    const loaded = [...text.matchAll(/(?:src|<link[^>]* href)="([^"]*)"/g)].map(([, url]) => url);
    expect(loaded).toEqual(['/docs/style.css']);
    expect(text).not.toMatch(/undefined|\[object Object\]/);
  });

  it('/docs has a section for every operation, and every link in it leads somewhere', async () => {
    const text = await (await api.request('/docs')).text();
    for (const id of operationIds) expect(text).toContain(`<section id="${id}">`);
    const anchors = new Set([...text.matchAll(/id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(anchors).toContain(target);
  });

  it('/docs/errors explains every code, and problems point to it', async () => {
    const text = await (await api.request('/docs/errors')).text();
    for (const code of Object.keys(errorTable)) expect(text).toContain(`<section id="${code}">`);
    const problem = (await (await api.request('/nope')).json()) as { type: string };
    expect(problem.type).toBe('/docs/errors#ROUTE_NOT_FOUND');
  });

  it('/ speaks JSON to programs and HTML to people', async () => {
    const answer = await api.request('/');
    const { links, ...rest } = (await answer.json()) as { links: Record<string, string> };
    expect(rest).toEqual({ name: 'millrace', version: '1.2.3-test' });
    for (const path of Object.values(links)) expect((await api.request(path)).status, path).toBe(200);
    const refused = await api.request('/', { headers: { accept: 'image/png' } });
    expect(refused.status).toBe(406);
  });
});

describe('markup', () => {
  it('escapes every text', () => {
    const hostile = `<script>alert("1")</script>'&`;
    const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;';
    expect(html`<a title="${hostile}">${[hostile, html`<b>${1}</b>`, null]}</a>`.text).toBe(
      `<a title="${escaped}">${escaped}<b>1</b></a>`,
    );
    expect(prose('a `<b>` c').text).toBe('a <code>&lt;b&gt;</code> c');
    expect(layout({ title: hostile, body: html`` })).toContain(`<title>${escaped}</title>`);
  });
});
