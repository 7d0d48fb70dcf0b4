// The hosted mandate page in a real browser, against the real server and the simulated provider.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LOOKS, launch, look, newContext } from './browser.mjs';
import { start } from './florin.mjs';

const DETAILS = {
  'First name': 'Ada',
  'Last name': 'Lovelace',
  'Email address': 'ada@example.com',
  'Address line 1': '1 High Street',
  'Town or city': 'London',
  Postcode: 'N1 1AA',
  'Name on the account': 'Ada Lovelace',
  'Sort code': '20-00-00',
  'Account number': '55779911',
};

let florin;
let browser;

before(async () => {
  florin = await start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await florin?.stop();
});

/** Opens a page in a browser of its own; at the end nothing may have been fetched elsewhere or complained about. */
async function visit(options, walk) {
  const context = await newContext(browser, { baseURL: florin.url, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  const ours = [florin.url, florin.partner].map((url) => new URL(url).origin);
  page.on('request', (request) => {
    if (!ours.includes(new URL(request.url()).origin)) complaints.push(`fetched ${request.url()}`);
  });
  try {
    await walk(page);
    // A refused form is answered with 422, which the browser notes.
    const grave = complaints.filter((text) => !/status of (422|410|404)|favicon/.test(text));
    assert.deepEqual(grave, []);
  } finally {
    await context.close();
  }
}

async function fill(page, changes = {}) {
  for (const [label, value] of Object.entries({ ...DETAILS, ...changes })) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
  await page.getByRole('checkbox').check();
}

async function press(page, name) {
  await page.getByRole('button', { name, exact: true }).click();
}

const heading = (page) => page.getByRole('heading', { level: 1 }).innerText();

for (const [name, options] of Object.entries(LOOKS)) {
  test(`a mandate is given: ${name}`, async () => {
    const flow = await florin.link();
    await visit(options, async (page) => {
      await page.goto(flow.url);
      assert.equal(await heading(page), 'Set up a Direct Debit');
      assert.equal(await page.getByLabel('First name').inputValue(), 'Ada');
      await look(page, `mandate-${name}-1-details`);
      await press(page, 'Continue');
      assert.match(await page.title(), /^Error: /);
      await look(page, `mandate-${name}-2-faults`);
      await fill(page);
      await press(page, 'Continue');
      assert.equal(await heading(page), 'Check your details');
      assert.ok(!(await page.content()).match(/(?<!number )55779911/), 'the account number is on the page');
      await look(page, `mandate-${name}-3-check`);
      await press(page, 'Set up this Direct Debit');
      await page.waitForURL(`${florin.partner}/done?**`);
      const query = new URL(page.url()).searchParams;
      assert.deepEqual([query.get('loan'), query.get('flow'), query.get('state')], ['7', flow.id, 'completed']);
      const mandate = await florin.get(`/api/v1/go-cardless-mandate/${query.get('mandate')}/`);
      assert.deepEqual([mandate.end_user, mandate.account_number_ending], [flow.end_user, '11']);
      const settled = await florin.get(`/api/v1/go-cardless-mandate/flow/${flow.id}/`);
      assert.deepEqual([settled.state, settled.mandate], ['completed', mandate.id]);
      const again = await page.goto(flow.url);
      assert.equal(again.status(), 410);
      await look(page, `mandate-${name}-4-used`);
    });
  });
}

test('no script is needed', async () => {
  const flow = await florin.link();
  await visit({ javaScriptEnabled: false }, async (page) => {
    await page.goto(flow.url);
    await fill(page);
    await press(page, 'Continue');
    await press(page, 'Change details');
    assert.equal(await page.getByLabel('Name on the account').inputValue(), 'Ada Lovelace');
    assert.equal(await page.getByLabel('Account number').inputValue(), '');
    await page.getByLabel('Account number').fill('55779911');
    await press(page, 'Continue');
    await press(page, 'Set up this Direct Debit');
    await page.waitForURL(`${florin.partner}/done?**`);
  });
});

test('faults are found with the keyboard alone', async () => {
  const flow = await florin.link();
  await visit({}, async (page) => {
    await page.goto(flow.url);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the main content');
    await page.getByLabel('Sort code').fill('12');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    const focused = () => page.evaluate(() => document.activeElement.className || document.activeElement.id);
    assert.equal(await focused(), 'errors');
    assert.equal(await page.getByLabel('Sort code').inputValue(), '12');
    await page.getByRole('link', { name: 'Enter a sort code of 6 digits, like 20-00-00' }).press('Enter');
    assert.equal(await focused(), 'sort_code');
    const described = await page.getByLabel('Sort code').getAttribute('aria-describedby');
    const texts = await Promise.all(described.split(' ').map((id) => page.locator(`#${id}`).innerText()));
    assert.deepEqual(texts, ['6 digits, like 20-00-00.', 'Enter a sort code of 6 digits, like 20-00-00']);
  });
});

test('a company gives its name and no person\'s', async () => {
  const flow = await florin.link({ type: 'limited_company', company_name: 'Engines Ltd' });
  await visit({}, async (page) => {
    await page.goto(flow.url);
    assert.ok(await page.getByLabel('A company or organisation').isChecked());
    assert.ok(!(await page.getByLabel('First name').isVisible()));
    await page.getByLabel('A person', { exact: true }).check();
    assert.ok(!(await page.getByLabel('Company name').isVisible()));
    await fill(page);
    await page.getByLabel('A company or organisation').check();
    await look(page, 'mandate-company');
    await press(page, 'Continue');
    assert.ok(await page.getByText('Engines Ltd', { exact: true }).isVisible());
    await press(page, 'Set up this Direct Debit');
    await page.waitForURL(`${florin.partner}/done?**`);
  });
});

test('a link that is opened twice works in both tabs', async () => {
  const flow = await florin.link();
  await visit({}, async (page) => {
    await page.goto(florin.partner);
    await page.setContent(`<a href="${flow.url}">link</a>`);
    await page.getByRole('link').click();
    await fill(page);
    const second = await page.context().newPage();
    await second.goto(florin.partner.replace('127.0.0.1', 'localhost'));
    await second.setContent(`<a href="${flow.url}">link</a>`);
    await second.getByRole('link').click();
    assert.equal(await heading(second), 'Set up a Direct Debit');
    await press(page, 'Continue');
    assert.equal(await heading(page), 'Check your details');
  });
});

test('who does not want to goes back to the partner', async () => {
  const flow = await florin.link();
  await visit({}, async (page) => {
    await page.goto(flow.url);
    await press(page, 'Cancel and go back');
    await page.waitForURL(`${florin.partner}/failed?**`);
    assert.equal(new URL(page.url()).searchParams.get('state'), 'exited');
    assert.equal((await page.goto(flow.url)).status(), 410);
  });
});

test('a provider that does not answer is waited for', async () => {
  const flow = await florin.link();
  await visit({}, async (page) => {
    await page.goto(flow.url);
    await fill(page);
    await press(page, 'Continue');
    await florin.fault({ kind: 'error_before', times: 3 });
    await press(page, 'Set up this Direct Debit');
    await page.waitForURL(`${flow.url}/wait`);
    // The page looks again by itself: not before it has been looked at.
    let lookAgain;
    const seen = new Promise((resolve) => (lookAgain = resolve));
    await page.route(`${flow.url}/wait`, (route) => seen.then(() => route.continue()));
    assert.equal(await heading(page), 'Setting up your Direct Debit');
    // Nothing can be lost by the page's looking again by itself: there is nothing to fill in.
    await look(page, 'mandate-waiting', { 'meta-refresh': { enabled: false } });
    lookAgain();
    await page.waitForURL(`${florin.partner}/done?**`);
  });
});

test('a mandate is given on the provider\'s own page', async () => {
  await florin.setPages('provider');
  try {
    const flow = await florin.link();
    await visit({}, async (page) => {
      await page.goto(flow.url);
      assert.match(page.url(), /\/simulator\/gocardless\/flow\//);
      await press(page, 'Go back');
      await page.waitForURL(`${flow.url}/exit`);
      await look(page, 'mandate-unfinished');
      await page.getByRole('link', { name: 'Go on' }).click();
      const details = {
        'Address, first line': '1 High Street',
        'Town or city': 'London',
        Postcode: 'N1 1AA',
        'Name on the account': 'Ada Lovelace',
        'Sort code': '20-00-00',
        'Account number': '55779911',
      };
      for (const [label, value] of Object.entries(details)) {
        await page.getByLabel(label, { exact: true }).fill(value);
      }
      await press(page, 'Set up this Direct Debit');
      await page.waitForURL(`${florin.partner}/done?**`);
      assert.equal(new URL(page.url()).searchParams.get('state'), 'completed');
    });
  } finally {
    await florin.setPages('own');
  }
});

test('hostile names are shown and nothing else', async () => {
  const evil = '<img src=x onerror="document.title=\'owned\'">';
  const flow = await florin.link({ first_name: evil });
  await visit({}, async (page) => {
    await page.goto(flow.url);
    assert.equal(await page.getByLabel('First name').inputValue(), evil);
    await fill(page, { 'First name': evil });
    await press(page, 'Continue');
    assert.ok(await page.getByText(`${evil} Lovelace`).isVisible());
    assert.equal(await page.locator('img').count(), 0);
    assert.match(await page.title(), /^Check your details/);
  });
});

test('another site can neither frame the page nor send its form', async () => {
  const flow = await florin.link();
  const context = await newContext(browser);
  const page = await context.newPage();
  await page.goto(flow.url);
  const proof = await page.locator('input[name=proof]').inputValue();
  // The same machine by another name is another site.
  await page.goto(florin.partner.replace('127.0.0.1', 'localhost'));
  await page.evaluate((url) => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    Object.assign(frame, { src: url, onload: resolve });
    document.body.append(frame);
  }), flow.url);
  const frame = page.frames().find((it) => it !== page.mainFrame());
  assert.ok(!(await frame.content()).includes('Set up a Direct Debit'), 'the page is in a frame');
  await page.evaluate(([url, fields]) => {
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: url });
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement('input');
      Object.assign(input, { type: 'hidden', name, value });
      form.append(input);
    }
    document.body.append(form);
    setTimeout(() => form.submit());
  }, [flow.url, { proof, action: 'cancel' }]);
  await page.waitForURL(flow.url);
  assert.equal(await heading(page), 'Please open the link again');
  await context.close();
  assert.equal((await florin.get(`/api/v1/go-cardless-mandate/flow/${flow.id}/`)).state, 'open');
});
