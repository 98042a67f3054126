import { MillraceError, networkError } from './millrace-error.ts';
import type { SocketEnd } from './web-socket.ts';

/** What a close code means to a caller (docs/websocket.md, "Close codes"). */
export function socketEndError(url: string, end: SocketEnd): MillraceError {
  const reason = end.reason === '' ? '' : `: ${end.reason}`;
  switch (end.code) {
    case 1003:
    case 4400:
      return new MillraceError({
        code: 'INVALID_REQUEST',
        message: `${url} and this client do not understand each other${reason}`,
        status: null,
      });
    case 1009:
      return new MillraceError({
        code: 'MESSAGE_TOO_LARGE',
        message: `${url}: a frame was too large${reason}`,
        status: null,
      });
    case 4404:
      return new MillraceError({
        code: 'UNKNOWN_TOPIC_OR_PARTITION',
        message: `${url}: the topic was deleted${reason}`,
        retriable: false,
      });
    case 4429:
      return new MillraceError({
        code: 'LIMIT_REACHED',
        message: `${url}: too many sockets or subscriptions${reason}`,
      });
    default:
      return networkError(`${url} ${end.opened ? `closed with code ${end.code}` : 'could not be opened'}${reason}`);
  }
}
