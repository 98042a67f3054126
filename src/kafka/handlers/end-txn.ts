import { kafkaApi } from '../kafka-api.ts';
import { endTxnRequest, endTxnResponse } from '../messages/end-txn.ts';
import { bumpsEpochFrom, coordinatorCode } from '../transaction-codes.ts';
import { noError } from '../wire-error.ts';

export const endTxnApi = kafkaApi({
  key: 26,
  name: 'EndTxn',
  versions: { min: 0, max: 5 },
  request: endTxnRequest,
  response: endTxnResponse,
  handle: async ({ services, version }, { committed, ...name }) => {
    const ended = await services.transactions.end(name, committed, version >= bumpsEpochFrom);
    if (!ended.ok) return { errorCode: coordinatorCode('endTxn', version, ended.error) };
    // What the client goes on with; before version 5 there is no place for it, and nothing new.
    return { errorCode: noError, ...ended.value };
  },
});
