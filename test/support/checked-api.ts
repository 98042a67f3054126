import { createApp } from '../../src/api/app.ts';
import { buildOpenApiDocument } from '../../src/api/openapi/document.ts';
import type { Services } from '../../src/api/services.ts';
import { openPlatform } from './open-platform.ts';
import { OpenApiChecker } from './openapi-checker.ts';

export const localOrigin = 'http://127.0.0.1:8787';

/** The API with every request and answer checked against its OpenAPI document. */
export type CheckedApi = {
  /** `path` is relative to the local platform's origin. */
  request(path: string, init?: CheckedInit): Promise<Response>;
  readonly checker: OpenApiChecker;
};

export type CheckedInit = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

export function createCheckedApi(services: Services): CheckedApi {
  const app = createApp();
  const checker = new OpenApiChecker(buildOpenApiDocument(services.version));
  return {
    checker,
    async request(path, init = {}) {
      const request = new Request(localOrigin + path, init);
      const { method, url, headers } = request;
      const answer = await app.fetch(request, openPlatform(services));
      const isEndless = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
      const body = isEndless || answer.body === null ? null : new Uint8Array(await answer.clone().arrayBuffer());
      checker.check(
        { method, url, headers, body: init.body ?? null },
        { status: answer.status, headers: answer.headers, body },
      );
      return answer;
    },
  };
}
