import { z } from 'zod';
import { anyCredential, operatorOnly, publicly } from './authorization.ts';
import type { Operation } from './operation.ts';
import { json } from './operation-parts.ts';

const html = 'text/html';

const healthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

const readinessSchema = z.object({ status: z.literal('ready'), version: z.string() }).meta({ id: 'Readiness' });

const limitListSchema = z
  .object({
    limits: z.array(
      z.object({
        name: z.string(),
        value: z.number(),
        max: z.number().nullable(),
        unit: z.string(),
        error: z.string().nullable(),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'LimitList' });

const welcomeSchema = z
  .object({ name: z.string(), version: z.string(), links: z.record(z.string(), z.string()) })
  .meta({ id: 'Welcome' });

const page = { schema: { type: 'string' } } as const;

export const platformOperations = {
  welcome: {
    method: 'GET',
    path: '/',
    authorization: publicly,
    tag: 'Platform',
    summary: 'What this is, and where to go on',
    answers: { 200: { description: 'Links.', content: { [json]: { schema: welcomeSchema }, [html]: page } } },
    errors: ['NOT_ACCEPTABLE', 'INVALID_REQUEST'],
  },
  health: {
    method: 'GET',
    path: '/healthz',
    authorization: publicly,
    tag: 'Platform',
    summary: 'Is the Worker alive?',
    answers: { 200: { description: 'It is.', content: { [json]: { schema: healthSchema } } } },
    errors: ['INVALID_REQUEST'],
  },
  readiness: {
    method: 'GET',
    path: '/readyz',
    authorization: anyCredential('it is asked whether its cluster answers'),
    tag: 'Platform',
    summary: 'Can requests be served: does the cluster object answer?',
    answers: {
      200: { description: 'It does.', content: { [json]: { schema: readinessSchema } } },
    },
    errors: ['INVALID_REQUEST', 'OVERLOADED', 'KAFKA_STORAGE_ERROR', 'NEWER_SCHEMA'],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    authorization: operatorOnly,
    tag: 'Platform',
    summary: 'Counters, as Prometheus reads them',
    answers: { 200: { description: 'Text format 0.0.4.', content: { 'text/plain': { schema: { type: 'string' } } } } },
    errors: ['INVALID_REQUEST'],
  },
  listLimits: {
    method: 'GET',
    path: '/v1/limits',
    authorization: publicly,
    tag: 'Platform',
    summary: 'Every bound of the platform',
    answers: {
      200: {
        description: '`max` is how far a request or a config may raise it; null: it is fixed.',
        content: { [json]: { schema: limitListSchema } },
      },
    },
    errors: ['INVALID_REQUEST'],
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    authorization: publicly,
    tag: 'Platform',
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1.', content: { [json]: { schema: { type: 'object' } } } } },
    errors: ['INVALID_REQUEST'],
  },
  referencePage: {
    method: 'GET',
    path: '/docs',
    authorization: publicly,
    tag: 'Platform',
    summary: 'The reference, for people',
    answers: { 200: { description: 'A page made from the OpenAPI document.', content: { [html]: page } } },
    errors: ['INVALID_REQUEST'],
  },
  errorPage: {
    method: 'GET',
    path: '/docs/errors',
    authorization: publicly,
    tag: 'Platform',
    summary: 'Every error code: what it means and what to do',
    answers: { 200: { description: 'A page; each code is an anchor in it.', content: { [html]: page } } },
    errors: ['INVALID_REQUEST'],
  },
  stylesheet: {
    method: 'GET',
    path: '/docs/style.css',
    authorization: publicly,
    tag: 'Platform',
    summary: 'The stylesheet of the pages',
    answers: { 200: { description: 'CSS.', content: { 'text/css': { schema: { type: 'string' } } } } },
    errors: ['INVALID_REQUEST'],
  },
} as const satisfies Record<string, Operation>;
