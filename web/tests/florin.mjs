// A Florin of its own for the tests: a binary in sandbox mode on a fresh database, a tenant with an account at the
// simulated direct-debit provider, and a partner's web site.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const binary = process.env.FLORIN ?? join(root, 'target', 'debug', 'florin');

/** Starts everything; `stop` ends it. The options are those of `florin tenant create`. */
export async function start(...options) {
  const dir = mkdtempSync(join(tmpdir(), 'florin-web-'));
  const database = ['--database', `sqlite:${join(dir, 'florin.db')}`];
  const made = ['tenant', 'create', '--name', 'Northbank Lending', '--clock', '2026-03-02', '--json', ...options, ...database];
  const tenant = JSON.parse(execFileSync(binary, made, { encoding: 'utf8' }));
  const args = ['serve', ...database, '--listen', '127.0.0.1:0', '--mode', 'sandbox'];
  const server = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => server.kill('SIGTERM'));
  const url = await addressOf(server);
  const partner = await partnerSite();
  const florin = new Florin(url, keyOf(tenant), partner.url);
  florin.tenant = tenant;
  const account = { environment: 'simulated', access_token: `web-${process.pid}`, webhook_secret: 'web-secret' };
  florin.account = await florin.post('/platform/v1/provider-accounts/', account, 201);
  florin.token = account.access_token;
  florin.stop = async () => {
    partner.close();
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  return florin;
}

function keyOf(tenant) {
  const key = tenant.lending?.api_key ?? tenant.keys?.lending?.api_key;
  if (!key) throw new Error(`no lending key in ${Object.keys(tenant)}`);
  return key;
}

/** The address on the one line that the server prints when it is ready. */
async function addressOf(server) {
  const lines = createInterface({ input: server.stdout });
  for await (const line of lines) {
    const found = line.match(/http:\/\/\S+/);
    if (found) return found[0];
  }
  throw new Error('the server did not start');
}

/** A site that end users come back to. */
async function partnerSite() {
  const site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    const title = request.url.startsWith('/done') ? 'Partner: done' : 'Partner: failed';
    response.end(`<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>`);
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${site.address().port}`, close: () => site.close() };
}

/** A client of the API. */
class Florin {
  constructor(url, key, partner) {
    Object.assign(this, { url, key, partner });
  }

  async send(method, path, body, status) {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'x-api-key': this.key, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== status) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  get(path) {
    return this.send('GET', path, undefined, 200);
  }

  post(path, body, status) {
    return this.send('POST', path, body, status);
  }

  /** Whose pages the tenant's links lead to from now on. */
  setPages(pages) {
    return this.send('PATCH', `/platform/v1/provider-accounts/${this.account.id}/`, { pages }, 200);
  }

  /** What goes wrong at the provider next. */
  async fault(fault) {
    const response = await fetch(`${this.url}/simulator/gocardless/simulator/faults`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ faults: [fault] }),
    });
    if (!response.ok) throw new Error(`faults: ${response.status} ${await response.text()}`);
  }

  /** A new end user, and a link that asks for a mandate. */
  async link(person = {}) {
    const known = { type: 'individual', first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.com' };
    const endUser = await this.post('/api/v1/end-user/', { ...known, ...person }, 201);
    const flow = {
      end_user: endUser.id,
      success_url: `${this.partner}/done?loan=7`,
      failure_url: `${this.partner}/failed`,
    };
    return this.post('/api/v1/go-cardless-mandate/', flow, 201);
  }
}
