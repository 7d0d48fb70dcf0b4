// What the tests of linking bank accounts share: sessions, a browser, and what an end user does on the hosted page.
import assert from 'node:assert/strict';
import { launch, look, newContext, picture } from './browser.mjs';
import { start } from './florin.mjs';

/** What may be complained about: refusals that a test asks for. */
const EXPECTED = /status of (400|401|404|409|422)|favicon/;

/** Starts a server and a browser; `stop` ends both. */
export async function startConnect() {
  // Accounts are proven for payments in the tenant's currency: most test banks are of the United States.
  const florin = await start('--currency', 'USD');
  const browser = await launch();
  const stop = async () => {
    await browser.close();
    await florin.stop();
  };
  return Object.assign(new Connect(florin, browser), { stop });
}

let users = 0;

class Connect {
  constructor(florin, browser) {
    Object.assign(this, { florin, browser, url: florin.url });
  }

  /** What the partner's back end asks. */
  async partner(method, path, body, status = 200) {
    const { client_id, api_key } = this.florin.tenant.connect;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${client_id}:${api_key}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    assert.equal(response.status, status, `${method} ${path}: ${text}`);
    return JSON.parse(text);
  }

  /** A session of somebody new. */
  session(more = {}) {
    users += 1;
    const user = { id: `user-${process.pid}-${users}`, email: 'ada@example.com' };
    return this.partner('POST', '/connect/v1/sessions', { user, mode: 'aggregation', ...more }, 201);
  }

  /** Moves the tenant's clock. */
  advance(days) {
    return this.florin.post('/sandbox/v1/clock/advance', { days }, 200);
  }

  /**
   * Walks through the hosted page in a browser of its own; nothing may be fetched elsewhere, or complained about beyond
   * what `may_complain` matches.
   */
  async visit({ session = {}, clock = false, may_complain = EXPECTED, ...options }, walk) {
    const given = await this.session(session);
    const context = await newContext(this.browser, { reducedMotion: 'reduce', baseURL: this.url, ...options });
    const complaints = [];
    const ours = [this.url, this.florin.partner].map((url) => new URL(url).origin);
    context.on('console', (message) => complaints.push(message.text()));
    context.on('weberror', (error) => complaints.push(String(error.error())));
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && !ours.includes(url.origin)) complaints.push(`fetched ${url}`);
    });
    const page = await context.newPage();
    try {
      if (clock) await page.clock.install();
      await page.goto(given.url);
      await walk(new EndUser(page, this), given);
      assert.deepEqual(complaints.filter((text) => !EXPECTED.test(text) && !may_complain.test(text)), []);
    } catch (error) {
      await picture(page, 'connect-failed', { fullPage: true });
      const shown = await page.evaluate(() => document.body.innerText).catch(() => '');
      error.message += `\nthe page: ${shown.slice(0, 600)}\ncomplaints: ${complaints.join('\n')}`;
      throw error;
    } finally {
      await context.close();
    }
  }
}

/** Waits until a window is gone. */
export async function closes(window) {
  if (!window.isClosed()) await window.waitForEvent('close', { timeout: 5_000 }).catch(() => {});
  assert.ok(window.isClosed(), 'the window stays open');
}

/** An end user before the hosted page. */
class EndUser {
  constructor(page, connect) {
    Object.assign(this, { page, connect });
  }

  press(name) {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  fill(label, text) {
    return this.page.getByLabel(label, { exact: true }).fill(text);
  }

  /** Waits for the screen of this heading. */
  sees(title) {
    return this.page.getByRole('heading', { level: 1, name: title, exact: typeof title === 'string' }).waitFor();
  }

  /** Has the server answer a request to a path of `/connect/v1` otherwise: `change` gives status and body. */
  answers(path, change) {
    return this.page.route(`**/connect/v1${path}`, async (route) => {
      const answer = await route.fetch();
      const { status = 200, json } = change(await answer.json().catch(() => ({})), route.request());
      await route.fulfill({ response: answer, status, json });
    });
  }

  async agrees() {
    await this.sees(/^Link your bank to /);
    await this.press('Agree and go on');
    await this.sees('Find your bank');
  }

  /** Searches; waits until exactly these banks are found, or at least the first one when there is no number. */
  async finds(text, bank, count) {
    await this.fill('Bank name or routing number', text);
    await this.page.waitForFunction(
      ([bank, count]) => {
        const said = document.querySelector('[role=status][aria-live]').textContent;
        const names = [...document.querySelectorAll('#results .banks .name > :first-child')].map((it) => it.textContent);
        return /found$/.test(said) && names.includes(bank) && (count === null || names.length === count);
      },
      [bank, count ?? null],
    );
  }

  /** Searches for a bank and opens it. */
  async opens(bank) {
    await this.finds(bank, bank);
    await this.page.locator('#results .banks').getByText(bank, { exact: true }).click();
  }

  /** Opens the list of what is linked, after a bank was. */
  async manages() {
    await this.press('Link another bank');
    await this.page.getByText('1 linked bank').click();
    await this.sees('Linked banks');
  }

  async signsIn(user, password = 'secret') {
    await this.fill('User name', user);
    await this.fill('Password', password);
    await this.press('Sign in');
  }

  /** Agrees, opens a bank and signs in there. */
  async links(user, bank = 'Gringotts') {
    await this.agrees();
    await this.opens(bank);
    await this.sees(`Sign in to ${bank}`);
    await this.signsIn(user);
  }

  /** Looks at the page as a person would, and as a screen reader would. */
  async looks(name) {
    const { page } = this;
    await look(page, `connect-${name}`);
    const focused = await page.evaluate(() => document.activeElement !== document.body);
    // The first screen leaves the focus where it is.
    assert.ok(focused || /consent|first/.test(name), `${name}: the focus is lost`);
  }
}
