import { describe, expect, it } from 'vitest';
import { GroupProgress } from '../../src/client/group-progress.ts';

describe('progress of a member', () => {
  it('says where it is only where the group does not know it', () => {
    const progress = new GroupProgress();
    progress.handOut('orders', 0, 4);
    expect(progress.positions).toEqual({ orders: { 0: 5 } });
    progress.finishAll();
    progress.committed(progress.uncommitted);
    expect(progress.positions).toEqual({});
    expect(progress.uncommitted).toEqual({});
  });

  it('commits anew what the group has forgotten, since a commit that came late moved it back', () => {
    const progress = new GroupProgress();
    progress.handOut('orders', 0, 181);
    progress.finishAll();
    progress.committed(progress.uncommitted);
    // The group is back at 181, hands out the same record, and would do so for ever.
    progress.handOut('orders', 0, 181);
    expect(progress.positions).toEqual({ orders: { 0: 182 } });
    progress.finishAll();
    expect(progress.uncommitted).toEqual({ orders: { 0: 182 } });
  });

  it('does not commit again what is passed over without a record', () => {
    const progress = new GroupProgress();
    progress.handOut('orders', 0, 7);
    progress.finishAll();
    progress.committed(progress.uncommitted);
    progress.reach('orders', 0, 8);
    progress.finishAll();
    expect(progress.uncommitted).toEqual({});
  });
});
