import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { buildOpenApiDocument } from '../../src/api/openapi/document.ts';
import type { Operation } from '../../src/api/openapi/operation.ts';
import { operations } from '../../src/api/openapi/operations.ts';
import { emptyClusterServices } from '../support/api-services.ts';
import { createCheckedApi } from '../support/checked-api.ts';
import { OpenApiChecker } from '../support/openapi-checker.ts';

const document = buildOpenApiDocument('1.2.3-test');
const table = Object.entries(operations) as [string, Operation][];

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(await new Validator().validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true });
  });

  it('is what /openapi.json answers', async () => {
    const answer = await createCheckedApi(emptyClusterServices()).request('/openapi.json');
    expect(await answer.json()).toEqual(document);
  });

  it('refers only to schemas that it has, and names all it has', () => {
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name));
    expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort());
    expect(Object.keys(document.components.schemas).filter((name) => !/^[A-Z]\w+$/.test(name))).toEqual([]);
  });

  it('has every operation once, with path parameters that are described', () => {
    const seen = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(seen.map((operation) => operation.operationId).sort()).toEqual(Object.keys(operations).sort());
    const inPath = seen.flatMap((operation) =>
      (operation.parameters ?? []).filter((parameter) => parameter.in === 'path'),
    );
    expect(new Set(inPath.map((parameter) => parameter.name))).toEqual(
      new Set([
        'organization',
        'topic',
        'partition',
        'group',
        'transactional_id',
        'key',
        'cluster',
        'member',
        'signing_secret',
        'alert',
        'job_id',
      ]),
    );
  });

  it.each(table)('%s lists each error once', (_id, operation) => {
    expect(new Set(operation.errors).size).toBe(operation.errors.length);
  });

  it('has examples that fit their schemas', () => {
    const checker = new OpenApiChecker(document);
    for (const [id, operation] of table) {
      for (const [type, body] of Object.entries(operation.requestBody ?? {})) {
        if (body.example === undefined) continue;
        const sent = typeof body.example === 'string' ? body.example : JSON.stringify(body.example);
        const [status = '200', answer] = Object.entries(operation.answers)[0] ?? [];
        const answerBody = answer?.content?.['application/json']?.example;
        if (answerBody === undefined) continue;
        const checked = checker.check(
          {
            method: operation.method,
            url: `http://127.0.0.1${operation.path.replaceAll(/\{\w+\}/g, '0')}`,
            headers: new Headers({ 'content-type': type }),
            body: sent,
          },
          {
            status: Number(status),
            headers: new Headers({ 'content-type': 'application/json' }),
            body: JSON.stringify(answerBody),
          },
        );
        expect(checked).toBe(id);
      }
    }
    expect(checker.seen.size).toBeGreaterThan(0);
  });
});

describe('the checker can fail', () => {
  const checker = new OpenApiChecker(document);
  const request = { method: 'GET', url: 'http://127.0.0.1/v1/topics', headers: new Headers(), body: null };
  const json = new Headers({ 'content-type': 'application/json' });

  it('at a status, a media type, a body or a parameter that is not announced', () => {
    const answer = { status: 200, headers: json, body: '{"topics":[],"next_cursor":null}' };
    expect(checker.check(request, answer)).toBe('listTopics');
    expect(() => checker.check(request, { ...answer, status: 202 })).toThrow('answered 202');
    expect(() => checker.check(request, { ...answer, headers: new Headers() })).toThrow('no body');
    expect(() => checker.check(request, { ...answer, body: '{"topics":[{}],"next_cursor":null}' })).toThrow(
      'not what the document says',
    );
    expect(() => checker.check(request, { ...answer, body: '{"topics":[],"next_cursor":null,"x":1}' })).toThrow(
      'not what the document says',
    );
    expect(() => checker.check({ ...request, url: `${request.url}?x=1` }, answer)).toThrow('query parameter x');
    expect(() => checker.check({ ...request, url: `${request.url}?limit=0` }, answer)).toThrow('limit=0');
  });

  it('at an accepted body that the document refuses', () => {
    const post = { ...request, method: 'POST', headers: json, body: '{"name":"a","partitions":0}' };
    const topic = { name: 'a', topic_id: 'b', partitions: 1, config: {}, config_overrides: {}, created_at: 1 };
    const answer = {
      status: 201,
      headers: new Headers({ ...Object.fromEntries(json), location: '/v1/topics/a' }),
      body: JSON.stringify(topic),
    };
    expect(() => checker.check(post, answer)).toThrow('request is not what the document says');
    expect(checker.check({ ...post, body: '{"name":"a"}' }, answer)).toBe('createTopic');
    expect(() => checker.check({ ...post, body: null }, answer)).toThrow('without a body');
  });

  it('at a code that the operation does not list', () => {
    const problem = (code: string) =>
      JSON.stringify({ type: '/x', title: 'x', status: 400, detail: 'x', code, retriable: false });
    const headers = new Headers({ 'content-type': 'application/problem+json' });
    expect(checker.check(request, { status: 400, headers, body: problem('INVALID_REQUEST') })).toBe('listTopics');
    expect(() => checker.check(request, { status: 400, headers, body: problem('CORRUPT_MESSAGE') })).toThrow(
      'not what the document says',
    );
  });
});
