// MX's own widget on a partner's page, with the adapter, against the real server: what works there works for whoever
// moves from MX. The widget has a licence of its own: it is a test peer, and nothing of it ships.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { newContext } from './browser.mjs';
import { startConnect } from './connect.mjs';

let connect;
let site;

before(async () => {
  site = await partnerSite();
  connect = await startConnect();
});

after(async () => {
  site?.close();
  await connect?.stop();
});

/** A partner's site with the widget. */
async function partnerSite() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('connect-widget.jsx', import.meta.url))],
    bundle: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  const file = (end) => outputFiles.find((it) => it.path.endsWith(end)).contents;
  const page = '<!doctype html><html lang="en"><title>Partner</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css">'
    + '<style>html, body, #root { height: 100%; margin: 0 }</style><div id="root"></div><script type="module" src="/page.js"></script>';
  const files = { '/page.js': ['text/javascript', file('.js')], '/page.css': ['text/css', file('.css')] };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url] ?? ['text/html', page];
    response.setHeader('content-type', `${type}; charset=utf-8`);
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => (server.close(), server.closeAllConnections());
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

/** Mounts the widget for somebody; `config` is its clientConfig. Answers the session, for further visits. */
async function visit(config, walk, given) {
  const session = given ?? (await connect.session({ mode: config.mode, origin: site.origin }));
  const context = await newContext(connect.browser, { viewport: { width: 420, height: 820 } });
  // The widget's own fallback for logos.
  await context.route((url) => url.protocol.startsWith('http') && url.hostname !== '127.0.0.1', (route) => route.abort());
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  try {
    const about = { baseUrl: connect.url, session: session.session, user_guid: session.user_guid, clientConfig: config };
    await page.goto(`${site.origin}/#${encodeURIComponent(JSON.stringify(about))}`);
    await walk(new Widget(page), session);
    assert.deepEqual(errors, []);
  } catch (error) {
    const shown = await page.evaluate(() => document.body.innerText).catch(() => '');
    error.message += `\nthe widget: ${shown.slice(0, 600)}\n${errors.join('\n')}`;
    throw error;
  } finally {
    await context.close();
  }
  return session;
}

class Widget {
  constructor(page) {
    this.page = page;
  }

  press(name) {
    return this.page.getByRole('button', { name }).first().click();
  }

  enter(name, text) {
    return this.page.locator(`[name="${name}"]`).fill(text);
  }

  reads(text) {
    return this.page.getByText(text).first().waitFor();
  }

  async opens(bank) {
    await this.page.getByRole('button', { name: `Add account with ${bank}`, exact: true }).click();
  }

  async signsIn(user) {
    await this.page.getByLabel(/User name/).first().fill(user);
    await this.page.getByLabel(/^Password/).first().fill('secret');
    await this.press(/^Continue/);
  }

  async isLinked() {
    await this.reads(/You have successfully connected/);
    const events = await this.page.evaluate(() => window.messages.map(([event]) => event));
    assert.ok(events.includes('connect/memberConnected'), events.join());
  }
}

const AGGREGATION = { mode: 'aggregation' };
/** Most of a visit is waiting. */
const together = { concurrency: 3 };

describe('the widget', { concurrency: 2 }, () => {
  describe('credentials', together, () => {
    test('linked at once', async () => {
      const { user_guid } = await visit(AGGREGATION, async (widget) => {
        await widget.opens('Gringotts');
        await widget.signsIn('demo');
        await widget.isLinked();
      });
      const { members } = await connect.partner('GET', `/connect/v1/users/${user_guid}/members`);
      assert.deepEqual(members.map((it) => [it.name, it.connection_status]), [['Gringotts', 6]]);
    });

    test('found by its name', () =>
      visit(AGGREGATION, async (widget) => {
        await widget.press('Search for your institution');
        await widget.page.getByLabel('Enter institution name').or(widget.page.getByPlaceholder(/search/i)).first().fill('tidewater');
        await widget.opens('Tidewater Lantern Bank');
        await widget.signsIn('demo');
        await widget.isLinked();
      }));

    test('denied, then right', () =>
      visit(AGGREGATION, async (widget) => {
        await widget.opens('Gringotts');
        await widget.signsIn('denied');
        await widget.reads('Incorrect Credentials');
        await widget.signsIn('demo');
        await widget.isLinked();
      }));

    test('for verification', () =>
      visit({ mode: 'verification' }, async (widget) => {
        await widget.opens('Gringotts');
        await widget.signsIn('single');
        await widget.isLinked();
      }));

    test('deleted', async () => {
      const { user_guid } = await visit(AGGREGATION, async (widget) => {
        await widget.opens('Gringotts');
        await widget.signsIn('denied');
        await widget.press('Disconnect this institution');
        await widget.page.getByRole('radio').nth(2).check({ force: true });
        await widget.page.getByRole('button', { name: 'Disconnect', exact: true }).click();
        await widget.reads('You have successfully disconnected');
      });
      const { members } = await connect.partner('GET', `/connect/v1/users/${user_guid}/members`);
      assert.deepEqual(members, []);
    });
  });

  const pick = (widget) => widget.page.getByRole('radio').first().check({ force: true });
  const MFA = {
    mfa_text: (widget) => widget.page.getByRole('textbox').fill('right'),
    mfa_options: pick,
    mfa_image: (widget) => widget.page.getByRole('textbox').fill('right'),
    mfa_image_options: (widget) => widget.page.locator('button:has(img)').first().click(),
    mfa_token: (widget) => widget.page.getByRole('textbox').fill('123456'),
    account_select: pick,
  };

  describe('the bank asks more', together, () => {
    for (const [kind, answer] of Object.entries(MFA)) {
      test(kind, () =>
        visit(AGGREGATION, async (widget) => {
          await widget.opens('Gringotts');
          await widget.signsIn(kind);
          await widget.reads(/Verify identity|Account selection/);
          await answer(widget);
          await widget.press(/^Continue/);
          await widget.isLinked();
        }));
    }
  });

  describe('on the bank\'s own pages', together, () => {
    const open = async (widget) => {
      await widget.opens('Gringotts OAuth');
      // The widget looks for a state that is pending: nobody answers before it has looked.
      const [popup] = await Promise.all([
        widget.page.context().waitForEvent('page'),
        widget.page.waitForResponse((it) => it.url().includes('/oauth_states?')),
        widget.page.locator('button', { hasText: 'Go to log in' }).click(),
      ]);
      return popup;
    };

    test('agreed', () =>
      visit(AGGREGATION, async (widget) => {
        const popup = await open(widget);
        await popup.getByRole('button', { name: /approve|allow|agree/i }).click();
        await widget.isLinked();
      }));

    test('denied', () =>
      visit(AGGREGATION, async (widget) => {
        const popup = await open(widget);
        await popup.getByRole('button', { name: /deny|refuse/i }).click();
        await widget.reads(/Something went wrong|not.*log ?in|denied|unable/i);
        await widget.press(/try again/i);
        await widget.reads('Go to log in');
      }));
  });

  test('two small deposits', async () => {
    const config = { mode: 'verification' };
    let deposit;
    const session = await visit(config, async (widget) => {
      await widget.press('Search for your institution');
      await widget.page.getByLabel('Enter institution name').or(widget.page.getByPlaceholder(/search/i)).first().fill('zzzzzz');
      await widget.press(/account numbers/i);
      await widget.enter('routingNumber', '123456789');
      await widget.press(/^Continue/);
      await widget.reads('two small deposits');
      await widget.press(/^Continue/);
      await widget.enter('accountNumber', '987654321');
      await widget.enter('accountNumberConfirm', '987654321');
      await widget.press(/^Continue/);
      await widget.enter('firstName', 'Ada');
      await widget.enter('lastName', 'Lovelace');
      await widget.enter('email', 'ada@example.com');
      await widget.press(/^Continue/);
      const asked = widget.page.waitForResponse((it) => it.url().endsWith('/micro_deposits') && it.request().method() === 'POST');
      await widget.press(/Confirm/);
      deposit = (await (await asked).json()).guid;
      await widget.reads('Check back soon');
    });
    await connect.advance(5);
    const again = { ...config, current_microdeposit_guid: deposit };
    const tell = async (widget, first, second) => {
      const amounts = widget.page.locator('input:visible');
      await amounts.nth(0).fill(first);
      await amounts.nth(1).fill(second);
      await widget.press(/^Continue|^Verify/);
    };
    await visit(again, async (widget) => {
      await widget.reads(/deposit amounts/i);
      await tell(widget, '0.01', '0.02');
      await widget.reads(/incorrect/i);
      await tell(widget, '0.05', '0.07');
      await widget.reads(/verified|successfully/i);
    }, session);
  });

  describe('beside', together, () => {
    test('an account by hand', async () => {
      const { user_guid } = await visit(AGGREGATION, async (widget) => {
        await widget.press('Add account manually');
        await widget.page.getByText(/^Savings/).first().click();
        await widget.enter('user_name', 'Holiday');
        await widget.enter('balance', '12.50');
        await widget.press('Save');
        await widget.reads(/saved|added|success/i);
      });
      const { accounts } = await connect.partner('GET', `/connect/v1/users/${user_guid}/accounts`);
      assert.equal(accounts.length, 1);
    });

    test('help', () =>
      visit(AGGREGATION, async (widget) => {
        await widget.opens('Gringotts');
        await widget.signsIn('mfa_text');
        await widget.press('Get help');
        await widget.page.getByText(/request support/i).first().click();
        await widget.enter('issueDescription', 'My bank');
        await widget.enter('issueDetails', 'It does not work');
        await widget.press(/^Continue/);
        await widget.reads('Request received');
      }));
  });

  test('another site is not answered', async () => {
    const { session } = await connect.session({ origin: 'https://app.example.com' });
    const context = await newContext(connect.browser);
    const page = await context.newPage();
    await page.goto(`${site.origin}/none.css`).catch(() => {});
    const answer = await page.evaluate(
      ([url, session]) =>
        fetch(`${url}/connect/v1/members`, { headers: { authorization: `Bearer ${session}` } }).then(
          () => 'read',
          () => 'refused',
        ),
      [connect.url, session],
    );
    assert.equal(answer, 'refused');
    await context.close();
  });
});
