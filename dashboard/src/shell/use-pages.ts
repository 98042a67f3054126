import { useSession } from '../session/session-context.tsx';
import { type NavigationPage, navigationPages } from './pages.ts';

/** The pages that this session can use. */
export function usePages(): readonly NavigationPage[] {
  const session = useSession();
  return navigationPages.filter(
    ({ right, isClosedOnly }) =>
      (right === undefined || session.may(right)) && !(isClosedOnly && session.mode === 'open'),
  );
}
