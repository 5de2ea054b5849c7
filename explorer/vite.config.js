import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // Relative addresses keep the page working below any path prefix: the page is /graphql, its files are /explorer/….
  base: './',
  build: {
    assetsDir: 'explorer',
    chunkSizeWarningLimit: 5000,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
});
