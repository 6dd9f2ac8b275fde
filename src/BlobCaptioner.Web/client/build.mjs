// Bundles the page into one script and one style sheet: node build.mjs OUTPUT/
import { build } from 'esbuild';
import { copyFile, mkdir } from 'node:fs/promises';

const output = process.argv[2];
await mkdir(output, { recursive: true });
await build({
  entryPoints: { app: 'src/main.tsx' },
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome120', 'firefox121', 'safari17'],
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.svg': 'dataurl' },
  outdir: output,
  legalComments: 'none',
});
await copyFile('src/index.html', output + 'index.html');
await copyFile('src/icon.svg', output + 'icon.svg');
