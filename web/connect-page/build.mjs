// Bundles the hosted page's script into the one file that the server ships; `--check` says whether that one is fresh.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const shipped = here('../../crates/api/connect/assets/connect.js');
/** The page must be there quickly on a phone. */
const BYTES_MAX = 100_000;

const { outputFiles } = await build({
  entryPoints: [here('src/main.ts')],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  write: false,
  charset: 'utf8',
  banner: { js: '// Built from web/connect-page by `npm run build` in web/. Do not edit.' },
});
const built = outputFiles[0].text;
const bytes = Buffer.byteLength(built);
if (bytes > BYTES_MAX) throw new Error(`connect.js has ${bytes} bytes, more than ${BYTES_MAX}`);
if (!process.argv.includes('--check')) {
  writeFileSync(shipped, built);
} else if (readFileSync(shipped, 'utf8') !== built) {
  throw new Error('crates/api/connect/assets/connect.js is not what web/connect-page gives: run `npm run build` in web/');
}
console.log(`connect.js: ${bytes} bytes, ${gzipSync(built).length} compressed`);
