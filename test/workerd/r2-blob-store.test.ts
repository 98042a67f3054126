import { env } from 'cloudflare:workers';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { R2BlobStore } from '../../src/platform/cloudflare/r2-blob-store.ts';
import { describeBlobStoreContract } from '../platform/blob-store-contract.ts';

const { SEGMENTS } = env as unknown as Env;

describeBlobStoreContract('R2', (body) => body(new R2BlobStore(SEGMENTS), `${crypto.randomUUID()}/`));
