import type { SharePartitionRef } from '../../../src/groups/share/share-ref.ts';
import type { SharePartitionObject } from '../objects/share-objects.ts';
import type { TurnObserver } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';

export class ShareJudge {
  readonly #platform: Platform;
  constructor(platform: Platform) {
    this.#platform = platform;
  }
  watch(_ref: SharePartitionRef, _object: SharePartitionObject): TurnObserver {
    return { opened: () => void this.#platform, written: () => {} };
  }
  handling(_ref: SharePartitionRef, _verb: string, _args: readonly unknown[], run: () => Promise<unknown>) {
    return run();
  }
}
