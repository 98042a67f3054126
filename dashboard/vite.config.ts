import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Served by the platform's Worker under /dashboard/; `npm run build` writes dist/, which wrangler and `npm start` take. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/dashboard/',
  plugins: [react(), tailwind()],
  build: { target: 'es2024', outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, reportCompressedSize: false },
  logLevel: 'warn',
});
