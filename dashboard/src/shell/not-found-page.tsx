import { Link, useLocation } from '@tanstack/react-router';
import { buttonClasses } from '../ui/button.tsx';

/** For addresses that lead nowhere: whether something is there that others may see is not told. */
export function NotFoundPage() {
  const here = useLocation({ select: ({ href }) => href });
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-4 p-6">
      <h1 className="text-2xl font-semibold">Not found</h1>
      <p className="text-muted">
        There is nothing at this address, or nothing that you may see with how you are signed in.
      </p>
      <div className="flex gap-2">
        <Link to="/" className={buttonClasses('primary')}>
          Go to the dashboard
        </Link>
        <Link to="/sign-in" search={{ to: here }} className={buttonClasses()}>
          Sign in with another key
        </Link>
      </div>
    </main>
  );
}
