import { MemoryBlobStore } from '../../src/platform/memory/memory-blob-store.ts';
import { describeBlobStoreContract } from './blob-store-contract.ts';

describeBlobStoreContract('memory', (body) => body(new MemoryBlobStore(), ''));
