// The pages of savings in a real browser, against the real server and the simulated bank: an owner's identity check, the
// public page of a fund, gifts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LOOKS, launch, look, newContext, picture } from './browser.mjs';
import { start } from './florin.mjs';

const GIFT = {
  'Amount in dollars': '250',
  'Message (optional)': 'Happy birthday, Mia! Read a lot.',
  'First name': 'Karin',
  'Last name': 'McFarlane',
  'Email address': 'karin@example.com',
  'Routing number': '021000021',
  'Account number': '55667788',
};
const KID = {
  prebirth: false,
  beneficiary_first_name: 'Mia',
  beneficiary_last_name: 'Doe',
  beneficiary_born_on: '2020-03-17',
  beneficiary_ssn: '123456789',
  owner_first_name: 'Jane',
  owner_last_name: 'Doe',
  owner_born_on: '1982-01-11',
  owner_relationship: 'mother',
  owner_ssn: '321654987',
  owner_phone: '5555555555',
  risk_level: 'maximizing_gains',
  fund_name: 'Mia’s College Fund 🎓',
};
for (const place of ['beneficiary_physical', 'owner_physical', 'owner_mailing']) {
  const address = { street: '474 Bryant St', zip: '94107', city: 'San Francisco', state: 'CA' };
  for (const [part, value] of Object.entries(address)) KID[`${place}_address_${part}`] = value;
}

let florin;
let browser;
let fund;
let page0;

/** A request to the savings API; the answer as JSON. */
async function savings(method, path, body) {
  const response = await fetch(`${florin.url}/restapi/v1${path}`, {
    method,
    headers: { authorization: florin.tenant.savings.token, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** A user with a kid's fund that is not established yet; the fund. */
async function open(externalId) {
  const user = { external_id: externalId, first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com' };
  const { uuid } = await savings('POST', '/users', user);
  return savings('POST', `/users/${uuid}/funds`, KID);
}

/** What the owner of a kid's fund answers. */
const RIGHTS = ['Bryant St', 'January', '4987', '55'];

/** Answers the identity questions as the owner would. */
async function establish(url) {
  for (let question = 0; question < RIGHTS.length; question += 1) {
    const html = await (await fetch(url)).text();
    const field = (name) => html.match(new RegExp(`name="${name}" value="([^"]*)"`))[1];
    const choices = [...html.matchAll(/name="choice" value="(\d+)"[^>]*><span>([^<]*)</g)];
    const [, choice] = choices.find(([, , text]) => RIGHTS.includes(text));
    const body = new URLSearchParams({ key: field('key'), question: field('question'), choice });
    await fetch(`${florin.url}/establish`, { method: 'POST', body });
  }
}

const advance = (to) => florin.post('/sandbox/v1/clock/advance', { to }, 200);

/** A server of its own with a fund that is open. */
async function begin() {
  await florin?.stop();
  florin = await start();
  const made = await open('U1');
  await establish(made.establishment_url);
  fund = await savings('GET', `/funds/${made.uuid}`);
  assert.ok(fund.is_established);
  page0 = new URL(fund.public_url).pathname;
}

before(async () => {
  browser = await launch();
  await begin();
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
  page.on('dialog', (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== new URL(florin.url).origin) complaints.push(`fetched ${request.url()}`);
  });
  try {
    await walk(page);
    // A refused form is answered with 400 or 422, which the browser notes.
    assert.deepEqual(complaints.filter((text) => !/status of (400|404|422)|favicon/.test(text)), []);
  } finally {
    await context.close();
  }
}

const NUMBERS = ['Routing number', 'Account number'];

/** Fills in the form of a gift whose account is typed in. */
async function fill(page, changes = {}) {
  await page.getByRole('radio', { name: /^Type in the numbers/ }).check();
  await fillFields(page, Object.entries({ ...GIFT, ...changes }));
}

/** The same of one whose bank is linked. */
async function fillToLink(page) {
  await page.getByRole('radio', { name: /^Link your bank/ }).check();
  assert.equal(await page.getByLabel('Routing number').isVisible(), false);
  await fillFields(page, Object.entries(GIFT).filter(([label]) => !NUMBERS.includes(label)));
}

async function fillFields(page, fields) {
  for (const [label, value] of fields) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByLabel(/^Show my name/).check();
  await page.getByLabel('I agree', { exact: true }).check();
}

const press = (page, name) => page.getByRole('button', { name }).click();
const heading = (page) => page.getByRole('heading', { level: 1 }).innerText();

/** Gives, from the fund's page to the thanks; the address of the gift. */
async function give(page, changes = {}) {
  await page.goto(page0);
  await page.getByRole('link', { name: 'Give a gift' }).click();
  await fill(page, changes);
  await press(page, 'Continue');
  await page.waitForURL('**/gifts/**');
  await page.getByLabel('First amount').fill('0.18');
  await page.getByLabel('Second amount').fill('0.28');
  await press(page, /^Confirm and give/);
  await page.getByRole('heading', { name: 'Thank you!' }).waitFor();
  return page.url();
}

/** Answers the questions that are left of a try. */
async function answer(page, isRight) {
  for (let left = await questionsLeft(page); left > 0; left -= 1) {
    const choices = await page.getByRole('radio').all();
    const texts = await Promise.all(choices.map((choice) => choice.locator('xpath=..').innerText()));
    await choices[texts.findIndex((text) => RIGHTS.includes(text.trim()) === isRight)].check();
    await press(page, 'Continue');
  }
}

async function questionsLeft(page) {
  const [, at, of] = (await page.getByRole('group').innerText()).match(/Question (\d) of (\d)/);
  return of - at + 1;
}

for (const [name, options] of Object.entries(LOOKS)) {
  test(`an owner answers wrongly, leaves, comes back and opens the account (${name})`, async () => {
    const made = await open(`owner-${name}`);
    await visit(options, async (page) => {
      await page.goto(made.establishment_url);
      await look(page, `giving-${name}-identity-1-question`);
      await answer(page, false);
      assert.match(await page.getByRole('alert').innerText(), /2 tries left/);
      await look(page, `giving-${name}-identity-2-wrong`);
      await page.getByRole('radio').first().focus();
      await page.keyboard.press('Space');
      await page.keyboard.press('Enter');
      await page.getByText('Question 2 of 4').waitFor();
    });
    // Another browser, the same link: the try that was begun goes on, and is wrong by its first answer.
    await visit({ ...options, javaScriptEnabled: false }, async (page) => {
      await page.goto(made.establishment_url);
      assert.equal(await questionsLeft(page), 3);
    });
    await visit(options, async (page) => {
      await page.goto(made.establishment_url);
      await answer(page, true);
      if ((await heading(page)) !== 'Your account is open') await answer(page, true);
      assert.equal(await heading(page), 'Your account is open');
      await look(page, `giving-${name}-identity-3-open`);
    });
    assert.ok((await savings('GET', `/funds/${made.uuid}`)).is_established);
  });
}

test('three wrong tries end it', async () => {
  const made = await open('wrong');
  await visit({}, async (page) => {
    await page.goto(made.establishment_url);
    for (const tries of ['2 tries left', 'the last try', null]) {
      await answer(page, false);
      if (tries) assert.match(await page.getByRole('alert').innerText(), new RegExp(tries));
    }
    assert.equal(await heading(page), 'We could not verify your identity');
    await look(page, 'giving-identity-failed');
    await page.reload();
    assert.equal(await heading(page), 'We could not verify your identity');
  });
  const fund = await savings('GET', `/funds/${made.uuid}`);
  assert.deepEqual([fund.is_established, fund.account_number], [false, null]);
});

test('an amount is one tap away', async () => {
  await visit({ javaScriptEnabled: false }, async (page) => {
    await page.goto(page0);
    assert.equal(await page.getByText('How it has grown').count(), 0, 'an owner has to agree to that');
    await page.getByRole('link', { name: '$50', exact: true }).click();
    assert.equal(await page.getByLabel('Amount in dollars').inputValue(), '50');
    assert.equal(await page.getByRole('alert').count(), 0);
  });
});

test('a gift is given and arrives', async () => {
  await visit({ javaScriptEnabled: true }, async (page) => {
    const url = await give(page);
    const [gift] = await savings('GET', `/funds/${fund.uuid}/transactions`);
    assert.deepEqual(
      [gift.type, gift.status, gift.amount, gift.description],
      ['gift', 'Pending', 25000, 'Gift from Karin McFarlane'],
    );
    await advance('2026-03-16');
    await page.goto(url);
    assert.equal(await heading(page), 'Thank you! Your gift has arrived');
    const { settled_balance: settled, pending_balance: pending } = await savings('GET', `/funds/${fund.uuid}`);
    assert.equal(settled, pending);
    await page.getByRole('link', { name: /Mia’s College Fund/ }).click();
    assert.ok(await page.getByText('Happy birthday, Mia! Read a lot.').isVisible());
  });
});

test('a gift that the bank sends back is told of', async () => {
  await visit({}, async (page) => {
    const url = await give(page, { 'First name': 'Rita', 'Account number': '9900101' });
    await advance('2026-04-01');
    await page.goto(url);
    assert.match(await heading(page), /could not be paid|was taken back/);
    assert.match(await page.getByRole('main').innerText(), /There was not enough money in the account/);
    assert.match(await page.getByRole('link', { name: /again/ }).getAttribute('href'), /\/gift\?amount=250$/);
    await look(page, 'giving-returned');
    const [gift] = await savings('GET', `/funds/${fund.uuid}/gifts`);
    assert.deepEqual([gift.giver, gift.reason], ['Rita McFarlane', 'R01']);
    await page.goto(page0);
    assert.equal(await page.getByText('Rita McFarlane').count(), 0);
  });
});

/** On the page on which banks are linked: agrees, finds a bank and signs in. */
async function linkBank(page, bank, user, { another = false, account } = {}) {
  await press(page, another ? 'Link another account' : 'Link your bank');
  await page.waitForURL('**/connect?**');
  if (!another) await press(page, 'Agree and go on');
  await page.getByLabel('Bank name or routing number').fill(bank);
  await page.locator('#results .banks').getByText(bank, { exact: true }).click();
  await page.getByRole('heading', { name: `Sign in to ${bank}` }).waitFor();
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password', { exact: true }).fill('secret');
  await press(page, 'Sign in');
  if (account) {
    await page.getByRole('radio', { name: account }).check();
    await press(page, "Continue");
  }
  await press(page, /^Back to/);
  await page.waitForURL('**/gifts/**');
}

test('no script is needed, and faults are told beside their fields', async () => {
  await visit({ javaScriptEnabled: false }, async (page) => {
    await page.goto(`${page0}/gift`);
    await fill(page, { 'Routing number': '12', 'Amount in dollars': '1' });
    await press(page, 'Continue');
    assert.match(await page.title(), /^Error: /);
    assert.ok(await page.getByRole('link', { name: 'The routing number is not a valid routing number.' }).isVisible());
    assert.equal(await page.getByLabel('First name').inputValue(), 'Karin');
    assert.equal(await page.getByLabel('Account number').inputValue(), '');
    assert.equal(await page.getByLabel('Routing number').getAttribute('aria-invalid'), 'true');
    const text = await page.content();
    assert.ok(!text.includes('55667788'), 'the account number is on the page');
  });
});

test('whatever a fund is called, nothing of it runs', async () => {
  const hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
  const before = { fund_name: fund.fund_name, description: fund.description };
  const photo = 'https://photos.example.com/mia.png';
  await savings('PUT', `/funds/${fund.uuid}`, { fund_name: hostile, description: hostile, photo_url: photo });
  const context = await newContext(browser, { baseURL: florin.url });
  const fetched = [];
  await context.route(/^https:/, (route) => {
    fetched.push(route.request().url());
    return route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
  });
  const page = await context.newPage();
  page.on('dialog', () => assert.fail('a script ran'));
  await page.goto(page0);
  assert.equal(await heading(page), hostile);
  await page.goto(`${page0}/gift`);
  await page.goto(`${page0}/card.png`);
  assert.deepEqual([...new Set(fetched)], [photo]);
  await context.close();
  await savings('PUT', `/funds/${fund.uuid}`, { ...before, photo_url: null });
});

test('what is not there is said so', async () => {
  await visit({ colorScheme: 'dark' }, async (page) => {
    const answer = await page.goto('/nobodysfund123');
    assert.equal(answer.status(), 404);
    await look(page, 'giving-unknown');
    assert.equal((await page.goto('/gifts/nothing')).status(), 404);
  });
});

test('years later', async () => {
  await savings('PUT', `/funds/${fund.uuid}/page`, { goal: 2_500_000, shows_balance: true });
  const contribution = { frequency: 'semimonthly', amount: 15000, first_day: 1, second_day: 15 };
  await savings('POST', `/funds/${fund.uuid}/contributions`, contribution);
  await advance('2027-12-20');
  await visit({}, async (page) => {
    await give(page, { 'First name': 'Grandpa', 'Last name': 'Joe', 'Message (optional)': 'For a rocket scientist.' });
    const message = 'With all our love, from the whole Springfield side of the family. We are so proud of you! '.repeat(3).trim();
    await give(page, { 'First name': 'Ada', 'Last name': 'Lovelace', 'Message (optional)': message });
    await give(page, { 'First name': 'Ben', 'Last name': 'Okonkwo-Fitzgerald', 'Message (optional)': '' });
  });
  await advance('2028-03-20');
  for (const [name, options] of Object.entries(LOOKS)) {
    await visit(options, async (page) => {
      await page.goto(page0);
      assert.equal(await page.getByText('4 gifts so far').count(), 1);
      assert.equal(await page.getByRole('img', { name: /^Line chart from/ }).count(), 1);
      assert.match(await page.getByText(/on the markets/).innerText(), /^\$[\d,.]+ (gained|lost) .*[+-]\d+\.\d% a year$/);
      await look(page, `giving-${name}-1-fund`);
      await page.getByRole('link', { name: 'Give a gift' }).click();
      await look(page, `giving-${name}-2-form`);
      await press(page, 'Continue');
      await look(page, `giving-${name}-3-faults`);
      await fill(page);
      await press(page, 'Continue');
      await page.waitForURL('**/gifts/**');
      assert.equal(await heading(page), 'Confirm your bank account');
      await look(page, `giving-${name}-4-confirm`);
      await page.getByLabel('First amount').fill('0.18');
      await page.getByLabel('Second amount').fill('0.19');
      await press(page, /^Confirm and give/);
      assert.match(await page.getByRole('alert').innerText(), /You have 2 more tries/);
      await look(page, `giving-${name}-5-wrong`);
      await page.getByLabel('First amount').fill('0.28');
      await page.getByLabel('Second amount').fill('0.18');
      await press(page, /^Confirm and give/);
      assert.equal(await heading(page), 'Thank you!');
      await look(page, `giving-${name}-6-thanks`);
    });
  }
  const context = await newContext(browser, { viewport: { width: 1200, height: 630 } });
  const card = await context.newPage();
  await card.goto(`${florin.url}${page0}/card.png`);
  await picture(card, 'giving-card');
  await context.close();
});

describe('a bank is linked for a gift', () => {
  // A network sends only so many forms a minute.
  before(begin);

  for (const [name, options] of Object.entries(LOOKS)) {
    test(`and left before (${name})`, async () => {
      await visit(options, async (page) => {
        await page.goto(`${page0}/gift?amount=250`);
        await look(page, `linked-${name}-1-form`);
        await fillToLink(page);
        await press(page, 'Continue');
        await page.waitForURL('**/gifts/**');
        const gift = new URL(page.url()).pathname;
        await look(page, `linked-${name}-2-link`);
        await press(page, 'Link your bank');
        await page.waitForURL('**/connect?**');
        await press(page, 'Not now');
        await page.waitForURL(`**${gift}?status=cancelled`);
        assert.match(await page.getByRole('status').innerText(), /No account was linked/);
        assert.match(await page.getByRole('main').innerText(), /Happy birthday, Mia!/, 'the form is kept');
        await look(page, `linked-${name}-3-back`);
        await linkBank(page, 'Test Bank', 'single');
        assert.equal(await heading(page), 'Your bank account is linked');
        await look(page, `linked-${name}-4-linked`);
        await page.goto(gift);
        await press(page, 'Give $250');
        await page.getByRole('heading', { name: 'Thank you!' }).waitFor();
        assert.equal(new URL(page.url()).pathname, gift);
        await look(page, `linked-${name}-5-thanks`);
      });
      const [made] = await savings('GET', `/funds/${fund.uuid}/transactions`);
      assert.deepEqual([made.type, made.status, made.amount], ['gift', 'Pending', 25000]);
    });
  }

  test('several accounts are linked, and one is given from', async () => {
    await visit(LOOKS['phone-light'], async (page) => {
      await page.goto(`${page0}/gift`);
      await fillToLink(page);
      await press(page, 'Continue');
      await linkBank(page, 'Test Bank', 'single');
      await page.getByRole('button', { name: 'Link another account' }).waitFor();
      await linkBank(page, 'Gringotts', 'demo', { another: true, account: /Rainy Day Savings/ });
      assert.equal(await page.getByRole('radio').count(), 2);
      await look(page, 'linked-several');
      await page.getByRole('radio', { name: /^Test Bank/ }).check();
      await press(page, 'Give $250');
      await page.getByRole('heading', { name: 'Thank you!' }).waitFor();
    });
  });

  test('without script the gift is kept, and the numbers are a way on', async () => {
    await visit({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${page0}/gift`);
      await fillToLink(page);
      await press(page, 'Continue');
      await page.waitForURL('**/gifts/**');
      await press(page, 'Link your bank');
      await page.waitForURL('**/connect?**');
      await page.goBack();
      assert.equal(await heading(page), 'Link your bank');
      await page.getByText('Type in the numbers instead').click();
      await page.getByLabel('Account number').fill('55667799');
      await press(page, 'Continue');
      assert.match(await page.title(), /^Error: /);
      assert.equal(await page.getByLabel('Account number').isVisible(), true, 'it stays open');
      await page.getByLabel('Routing number').fill('021000021');
      await page.getByLabel('Account number').fill('55667799');
      await page.getByLabel('I agree', { exact: true }).check();
      await press(page, 'Continue');
      assert.equal(await heading(page), 'Confirm your bank account');
      const [gift] = await savings('GET', `/funds/${fund.uuid}/gifts`);
      assert.deepEqual([gift.status, gift.giver], ['verifying', 'Karin McFarlane']);
    });
  });
});

describe('an account is kept for the next gift', () => {
  const OFFER = 'Keep this account for my next gift from this device';
  const CALLED = 'account ending in 7788 at JPMORGAN CHASE BANK, NA';
  const kept = (page) => page.getByRole('radio', { name: /^Pay from your account ending in/ });

  before(begin);

  /** Gives from an account and keeps it; the gift's address. */
  async function giveAndKeep(page, number) {
    const url = await give(page, { 'Account number': number });
    await press(page, OFFER);
    await page.getByText('is kept in this browser').waitFor();
    assert.equal(page.url(), url);
    return url;
  }

  /** The browser's cookies after that. */
  async function keep(number) {
    let state;
    await visit({}, async (page) => {
      await giveAndKeep(page, number);
      state = await page.context().storageState();
    });
    return state;
  }

  for (const [at, [name, options]] of Object.entries(LOOKS).entries()) {
    test(`and given from in one form (${name})`, async () => {
      await visit(options, async (page) => {
        // One account gives so often a day.
        const gift = await give(page, { 'Account number': `5566${at}7788` });
        assert.equal(await page.getByRole('button', { name: OFFER }).count(), 1);
        await look(page, `kept-${name}-1-offer`);
        await press(page, OFFER);
        await page.getByText('is kept in this browser').waitFor();
        await look(page, `kept-${name}-2-kept`);
        await page.goto(`${page0}/gift?amount=100`);
        assert.equal(await kept(page).isChecked(), true);
        assert.equal(await page.getByLabel('First name').inputValue(), 'Karin');
        assert.equal(await page.getByLabel('Email address').inputValue(), 'karin@example.com');
        assert.equal(await page.getByLabel('Routing number').isVisible(), false);
        assert.doesNotMatch(await page.content(), /5566\d7788/, 'the account number is on the page');
        await look(page, `kept-${name}-3-form`);
        await page.getByLabel('I agree', { exact: true }).check();
        await press(page, 'Give now');
        await page.getByRole('heading', { name: 'Thank you!' }).waitFor();
        assert.notEqual(page.url(), gift);
        await look(page, `kept-${name}-4-thanks`);
        const [made] = await savings('GET', `/funds/${fund.uuid}/transactions`);
        assert.deepEqual([made.type, made.status, made.amount], ['gift', 'Pending', 10000]);
        await page.goto(`${page0}/gift`);
        await press(page, 'Forget this account');
        await page.waitForURL(`**${page0}/gift`);
        await kept(page).waitFor({ state: 'detached' });
        assert.equal(await page.getByLabel('First name').inputValue(), '');
      });
    });
  }

  describe('in other ways', () => {
    // A network sends only so many forms a minute.
    before(begin);

    test('without script, and only in that browser', async () => {
      const storageState = await keep('55667788');
      await visit({ javaScriptEnabled: false, storageState }, async (page) => {
        await page.goto(`${page0}/gift?amount=75`);
        assert.ok(await page.getByText(`Pay from your ${CALLED}`).isVisible());
        await press(page, 'Give now');
        assert.match(await page.title(), /^Error: /);
        assert.ok(await page.getByRole('link', { name: 'Your agreement is required.' }).isVisible());
        assert.equal(await kept(page).isChecked(), true);
        await page.getByRole('radio', { name: /^Type in the numbers/ }).check();
        assert.ok(await page.getByRole('button', { name: 'Continue' }).isVisible());
        await kept(page).check();
        await page.getByLabel('I agree', { exact: true }).check();
        await press(page, 'Give now');
        await page.getByRole('heading', { name: 'Thank you!' }).waitFor();
      });
      await visit({}, async (page) => {
        await page.goto(`${page0}/gift`);
        assert.equal(await kept(page).count(), 0);
        assert.equal(await page.getByLabel('First name').inputValue(), '');
      });
    });

    test('one that was linked', async () => {
      await visit(LOOKS['phone-light'], async (page) => {
        await page.goto(`${page0}/gift?amount=250`);
        await fillToLink(page);
        await press(page, 'Continue');
        await page.waitForURL('**/gifts/**');
        await linkBank(page, 'Test Bank', 'single');
        await press(page, 'Give $250');
        await page.getByRole('heading', { name: 'Thank you!' }).waitFor();
        await press(page, OFFER);
        await page.getByText('is kept in this browser').waitFor();
        await page.goto(`${page0}/gift?amount=60`);
        await page.getByLabel('I agree', { exact: true }).check();
        await press(page, 'Give now');
        await page.getByRole('heading', { name: 'Thank you!' }).waitFor();
      });
      const [made] = await savings('GET', `/funds/${fund.uuid}/transactions`);
      assert.deepEqual([made.type, made.status, made.amount], ['gift', 'Pending', 6000]);
    });

    test('one that its holder has stopped is told of', async () => {
      // The simulated bank returns debits of this account as not agreed to.
      await visit(LOOKS['phone-dark'], async (page) => {
        await giveAndKeep(page, '9900110');
        await advance('2026-06-01');
        await page.goto(`${page0}/gift`);
        assert.match(await page.getByRole('status').innerText(), /ending in 0110 .*cannot be given from any more/);
        assert.equal(await kept(page).count(), 0);
        await look(page, 'kept-stopped');
        await press(page, 'Forget this account');
        await page.getByRole('status').waitFor({ state: 'detached' });
      });
      await visit(LOOKS['desktop-light'], async (page) => {
        await page.goto(`${page0}/gift`);
        assert.equal(await page.getByRole('status').count(), 0);
      });
    });
  });
});
