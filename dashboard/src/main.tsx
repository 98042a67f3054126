import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './lib/query-client.ts';
import { router } from './router.tsx';
import { onSignedOut } from './session/signed-out.ts';
import { followSystemTheme } from './shell/theme.ts';
import { Toasts } from './ui/toasts.tsx';
import './styles.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

followSystemTheme();
onSignedOut(queryClient, () => {
  const to = router.state.location.href;
  void router.navigate({ to: '/sign-in', search: { to, ended: true } }).then(() => queryClient.clear());
});
createRoot(root).render(
  <StrictMode>
    {/* The page's policy allows no style element; base UI brings none then. */}
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <Toasts>
          <RouterProvider router={router} />
        </Toasts>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
