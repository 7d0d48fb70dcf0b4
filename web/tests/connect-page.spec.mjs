// The hosted page on which an end user links a bank, in a real browser, against the real server and its simulated banks.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LOOKS } from './browser.mjs';
import { closes, startConnect } from './connect.mjs';

const PHONE = LOOKS['phone-light'];
let connect;

before(async () => {
  connect = await startConnect();
});

after(() => connect?.stop());

/** Several visits at a time: most of a visit is waiting for the bank. */
const together = { concurrency: 3 };

describe('the page', () => {
  describe('a bank is linked', together, () => {
    for (const [look, options] of Object.entries(LOOKS)) {
      test(look, () =>
        connect.visit(options, async (user, session) => {
          await user.sees(/^Link your bank to /);
          assert.match(user.page.url(), /\/connect\?visit=SES-[0-9a-f-]+$/, 'the session is out of the address');
          const agree = await user.page.getByRole('button', { name: 'Agree and go on' }).boundingBox();
          // On the smallest phone the agreement is longer than the screen.
          const fits = agree.y + agree.height <= options.viewport.height;
          assert.ok(fits || options.viewport.width === 320, 'one has to scroll to agree');
          await user.looks(`${look}-01-consent`);
          await user.agrees();
          await user.looks(`${look}-02-search`);
          await user.finds('lantern', 'Tidewater Lantern Bank');
          await user.looks(`${look}-03-found`);
          await user.fill('Bank name or routing number', 'zzzzzz');
          await user.page.locator('.none').waitFor();
          await user.looks(`${look}-04-none`);
          await user.opens('Test Bank');
          await user.sees('Sign in to Test Bank');
          await user.looks(`${look}-05-credentials`);
          await user.press('Sign in');
          await user.page.getByRole('alert').waitFor();
          assert.match(await user.page.title(), /^Error: /);
          await user.looks(`${look}-06-faults`);
          await user.signsIn('slow');
          await user.sees('Connecting to Test Bank');
          await user.page.locator('.stages .now[aria-current=step]').waitFor();
          await user.looks(`${look}-07-connecting`);
          await user.sees('Test Bank is linked');
          await user.looks(`${look}-08-connected`);
          const { members } = await connect.partner('GET', `/connect/v1/users/${session.user_guid}/members`);
          assert.deepEqual(members.map((it) => [it.name, it.connection_status]), [['Test Bank', 6]]);
          await user.manages();
          await user.looks(`${look}-09-linked`);
        }),
      );
    }

    test('many fields, among them a choice', () =>
      connect.visit(PHONE, async (user) => {
        await user.agrees();
        await user.opens('Many Fields Test Bank');
        await user.fill('User name', 'demo');
        await user.fill('Password', 'secret');
        await user.press('Show Password');
        assert.equal(await user.page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
        await user.press('Hide Password');
        assert.equal(await user.page.getByLabel('Password', { exact: true }).getAttribute('type'), 'password');
        await user.press('Sign in');
        await user.page.getByRole('link', { name: 'Choose the region' }).click();
        assert.equal(await user.page.evaluate(() => document.activeElement.tagName), 'SELECT');
        await user.page.getByLabel('Region').selectOption('Central');
        await user.press('Sign in');
        await user.sees('Many Fields Test Bank is linked');
      }));

    test('found by its web address', () =>
      connect.visit(PHONE, async (user) => {
        await user.agrees();
        await user.finds('www.testbank.com', 'Test Bank');
      }));

    test('found by its routing number', () =>
      connect.visit(PHONE, async (user) => {
        await user.agrees();
        await user.finds('299 228 936', 'Gringotts', 1);
      }));

    test('with the keyboard alone', () =>
      connect.visit({}, async (user) => {
        const { page } = user;
        const focused = () => page.evaluate(() => document.activeElement.innerText?.trim() || document.activeElement.id);
        await user.sees(/^Link your bank to /);
        const tabTo = async (wanted) => {
          for (let tabs = 0; tabs < 20; tabs += 1) {
            await page.keyboard.press('Tab');
            if ((await focused()) === wanted) return;
          }
          assert.fail(`${wanted} is not reached`);
        };
        await tabTo('Agree and go on');
        await page.keyboard.press('Enter');
        await user.sees('Find your bank');
        assert.equal(await focused(), 'Find your bank');
        await tabTo('search');
        await user.finds('gringotts', 'Gringotts', 2);
        await page.keyboard.press('ArrowDown');
        assert.match(await focused(), /^Gringotts/);
        await page.keyboard.press('ArrowUp');
        assert.equal(await focused(), 'search');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await user.sees('Sign in to Gringotts');
        await tabTo(await page.getByLabel('User name').getAttribute('id'));
        await page.keyboard.type('demo');
        await page.keyboard.press('Tab');
        await page.keyboard.type('secret');
        await page.keyboard.press('Enter');
        await user.sees('Gringotts is linked');
        assert.equal(await focused(), 'Gringotts is linked');
      }));
  });

  const MFA = {
    mfa_text: (user) => user.page.getByRole('textbox').fill('right'),
    mfa_options: (user) => user.page.getByRole('radio').first().check(),
    mfa_image: (user) => user.page.getByRole('textbox').fill('right'),
    mfa_image_options: (user) => user.page.getByRole('radio').first().check(),
    mfa_token: (user) => user.page.getByRole('textbox').fill('123456'),
    account_select: (user) => user.page.getByRole('radio').first().check(),
  };

  describe('the bank asks more', together, () => {
    for (const [kind, answer] of Object.entries(MFA)) {
      test(kind, () =>
        connect.visit(PHONE, async (user) => {
          await user.links(kind);
          await user.page.locator('.challenge').waitFor();
          await user.looks(`phone-light-20-${kind}`);
          await user.press('Continue');
          await user.page.getByRole('alert').waitFor();
          await answer(user);
          await user.press('Continue');
          await user.sees('Gringotts is linked');
        }));
    }

    test('mfa_twice', () =>
      connect.visit({}, async (user) => {
        await user.links('mfa_twice');
        const field = user.page.locator('.challenge').getByRole('textbox').or(user.page.getByRole('radio')).first();
        await field.waitFor();
        const first = await user.page.locator('.challenge form').innerText();
        await answerAny(user);
        await user.page.waitForFunction((before) => {
          const form = document.querySelector('.challenge form');
          return form && form.innerText !== before && !form.querySelector('.working');
        }, first);
        await answerAny(user);
        await user.sees('Gringotts is linked');
      }));

    test('a wrong answer can be given again', () =>
      connect.visit({}, async (user) => {
        await user.links('mfa_text');
        await user.page.locator('.challenge').getByRole('textbox').fill('wrong');
        await user.press('Continue');
        await user.page.locator('.challenge, .trouble').getByText(/did not|wrong|not right|again/i).first().waitFor();
        await user.looks('desktop-light-21-wrong-answer');
      }));
  });

  async function answerAny(user) {
    const text = user.page.locator('.challenge').getByRole('textbox');
    if ((await text.count()) > 0) await text.fill('123456');
    else await user.page.getByRole('radio').first().check();
    await user.press('Continue');
  }

  /** User name: what the page says, and the first way on. */
  const FAILURES = {
    locked: ['Your account is locked', 'Unlock at Gringotts (opens in a new window)'],
    impeded: ['Gringotts needs something from you', 'Go to Gringotts (opens in a new window)'],
    closed: ['These accounts are closed', 'Choose another bank'],
    down: ['Gringotts is down', 'Try again'],
    maintenance: ['Gringotts is being maintained', 'Try again'],
    unavailable: ['Gringotts cannot be reached', 'Try again'],
    no_accounts: ['No accounts found', 'Sign in again'],
  };

  describe('a bank is not linked', together, () => {
    for (const [name, [title, way]] of Object.entries(FAILURES)) {
      test(name, () =>
        connect.visit(PHONE, async (user) => {
          await user.links(name);
          await user.sees(title);
          const first = user.page.locator('.screen .actions > *').first();
          assert.equal((await first.textContent()).trim(), way);
          await user.looks(`phone-light-30-${name}`);
        }));
    }

    test('no account that can be paid from', () =>
      connect.visit({ ...PHONE, session: { mode: 'verification' } }, async (user) => {
        await user.links('no_eligible');
        await user.sees('No account that can be used');
        await user.page.getByRole('button', { name: 'Use account and routing number' }).waitFor();
        await user.looks('phone-light-30-no_eligible');
      }));

    test('a bank abroad, whose accounts cannot be paid from', () =>
      connect.visit({ ...PHONE, session: { mode: 'verification', current_institution_code: 'aldermere' } }, async (user) => {
        await user.sees(/^Link your bank to /);
        await user.press('Agree and go on');
        await user.sees('Sign in to Aldermere Bank');
        await user.signsIn('demo');
        await user.sees('No account that can be used');
        await user.press('Choose another bank');
        await user.sees('Find your bank');
        assert.equal(await user.page.getByText('Aldermere Bank').count(), 0);
        await user.fill('Bank name or routing number', 'aldermere');
        await user.page.getByText('No bank found for “aldermere”').first().waitFor();
      }));

    test('denied, then right', () =>
      connect.visit(PHONE, async (user) => {
        await user.links('denied');
        await user.page.getByRole('alert').waitFor();
        await user.looks('phone-light-31-denied');
        await user.signsIn('demo');
        await user.sees('Gringotts is linked');
      }));

    test('a slow bank can be left to itself', () =>
      connect.visit({ ...PHONE, clock: true }, async (user) => {
        await user.links('delayed');
        // It has begun to look.
        await user.page.locator('.stages .now').waitFor();
        await user.page.clock.fastForward(26_000);
        await user.press('Go on without waiting');
        await user.sees('We keep working on Gringotts');
        await user.looks('phone-light-32-pending');
      }));
  });

  describe('on the bank\'s own pages', together, () => {
    const open = async (user, bank) => {
      await user.agrees();
      await user.opens(bank);
      await user.sees(`Continue at ${bank}`);
      const [popup] = await Promise.all([user.page.waitForEvent('popup'), user.press(`Go to ${bank}`)]);
      await popup.getByRole('button').first().waitFor();
      return popup;
    };

    test('agreed', () =>
      connect.visit(PHONE, async (user) => {
        await user.agrees();
        await user.opens('Gringotts OAuth');
        await user.looks('phone-light-40-oauth');
        const [popup] = await Promise.all([user.page.waitForEvent('popup'), user.press('Go to Gringotts OAuth')]);
        await popup.getByRole('button').first().waitFor();
        assert.equal(await popup.evaluate(() => window.opener), null);
        await user.sees('Finish at Gringotts OAuth');
        await user.looks('phone-light-41-waiting');
        await popup.getByRole('button', { name: /approve|allow|agree/i }).click();
        await user.sees('Gringotts OAuth is linked');
        await closes(popup);
      }));

    for (const [name, button, title] of [
      ['cancelled', /cancel|back/i, 'You came back without finishing'],
      ['denied', /deny|refuse/i, 'Gringotts OAuth did not agree'],
    ]) {
      test(name, () =>
        connect.visit(PHONE, async (user) => {
          const popup = await open(user, 'Gringotts OAuth');
          await popup.getByRole('button', { name: button }).click();
          await user.sees(title);
          await user.looks(`phone-light-42-${name}`);
          await user.press('Try again');
          await user.sees('Continue at Gringotts OAuth');
          const [again] = await Promise.all([user.page.waitForEvent('popup'), user.press('Go to Gringotts OAuth')]);
          await again.getByRole('button', { name: /approve|allow|agree/i }).click();
          await user.sees('Gringotts OAuth is linked');
        }));
    }

    test('a window that the browser blocks', () =>
      connect.visit(PHONE, async (user) => {
        await user.page.evaluate(() => (window.open = () => null));
        await user.agrees();
        await user.opens('Gringotts OAuth');
        await user.press('Go to Gringotts OAuth');
        await user.sees('Finish at Gringotts OAuth');
        await user.looks('phone-light-43-blocked');
        const link = user.page.getByRole('link', { name: 'Open Gringotts OAuth' });
        const [tab] = await Promise.all([user.page.context().waitForEvent('page'), link.click()]);
        await tab.getByRole('button', { name: /approve|allow|agree/i }).click();
        await user.sees('Gringotts OAuth is linked');
      }));

    test('a bank whose page has no web address', () =>
      connect.visit({ ...PHONE, may_complain: /no web address/ }, async (user) => {
        await user.answers('/members', (body, request) => {
          if (request.method() === 'POST') body.member.oauth_window_uri = 'javascript:alert(1)';
          return { json: body };
        });
        await user.agrees();
        await user.opens('Gringotts OAuth');
        await user.press('Go to Gringotts OAuth');
        await user.page.getByRole('alert').getByText('Something went wrong on our side.').waitFor();
      }));

    test('a window that is closed', () =>
      connect.visit({}, async (user) => {
        const popup = await open(user, 'Gringotts OAuth');
        await popup.close();
        await user.page.getByText('The window is closed').first().waitFor();
        await user.press('Cancel');
        await user.sees('Find your bank');
      }));
  });

  const ACCOUNT = { 'Routing number': '123456789', 'Account number': '987654321', 'Account number again': '987654321' };

  /** Asks for microdeposits. */
  async function asks(user, changes = {}) {
    await user.agrees();
    await user.page.getByRole('button', { name: /^Use account and routing number/ }).click();
    await user.sees('Which account is it?');
    await enters(user, changes);
  }

  async function enters(user, changes = {}) {
    const entered = { ...ACCOUNT, ...changes };
    for (const [label, text] of Object.entries(entered)) await user.fill(label, text);
    await user.page.getByLabel('Checking').check();
    await user.press('Continue');
  }

  async function sends(user) {
    await user.sees('Whose account is it?');
    await user.fill('First name', 'Ada');
    await user.fill('Last name', 'Lovelace');
    await user.press('Send deposits');
  }

  async function tells(user, first, second) {
    await user.fill('First deposit', first);
    await user.fill('Second deposit', second);
    await user.press('Verify');
  }

  const VERIFICATION = { session: { mode: 'verification' } };

  test('an account is proven by two deposits', () =>
    connect.visit({ ...PHONE, ...VERIFICATION }, async (user, session) => {
      await user.looks('phone-light-50-consent-verification');
      await asks(user, { 'Account number again': '1' });
      await user.page.getByRole('alert').waitFor();
      await user.looks('phone-light-51-account-faults');
      await enters(user);
      await user.sees('Whose account is it?');
      await user.looks('phone-light-52-holder');
      await sends(user);
      await user.sees('The deposits are on their way');
      await user.looks('phone-light-53-on-their-way');
      await connect.advance(5);
      await user.press('Look again');
      await user.sees('How much did we send?');
      await tells(user, '01', '02');
      await user.page.getByRole('alert').waitFor();
      await user.looks('phone-light-54-wrong');
      await tells(user, '0.7', '5');
      assert.equal(await user.page.getByRole('link', { name: 'Enter two digits, like 05' }).count(), 2);
      await tells(user, '$0.07', '05');
      await user.sees('Your account is verified');
      await user.looks('phone-light-55-verified');
      const { accounts } = await connect.partner('GET', `/connect/v1/users/${session.user_guid}/accounts`);
      assert.ok(accounts.length >= 0);
    }));

  describe('deposits', together, () => {
    test('are not sent to a number that no bank has', () =>
      connect.visit({ ...PHONE, ...VERIFICATION }, async (user) => {
        await asks(user, { 'Routing number': '111111111' });
        await user.page.getByRole('link', { name: /No bank has this routing number/ }).waitFor();
      }));

    test('are not needed where one can sign in', () =>
      connect.visit({ ...PHONE, ...VERIFICATION }, async (user) => {
        await asks(user, { 'Routing number': '299228936' });
        await user.sees('Gringotts can be verified at once');
        await user.looks('phone-light-56-faster');
        await user.press('Sign in to Gringotts');
        await user.signsIn('single');
        await user.sees('Your account is verified');
      }));
  });

  describe('beside', together, () => {
    test('an account by hand', () =>
      connect.visit(PHONE, async (user, session) => {
        await user.agrees();
        await user.page.getByRole('button', { name: /^Add an account by hand/ }).click();
        await user.sees('Add an account by hand');
        await user.looks('phone-light-60-by-hand');
        await user.page.getByLabel('Kind of account').selectOption('Savings');
        await user.fill('Name of the account', 'Holiday');
        await user.fill('Balance', '1,250.00');
        await user.press('Save account');
        await user.sees('“Holiday” is saved');
        await user.looks('phone-light-61-saved');
        const told = async () => (await connect.partner('GET', `/connect/v1/users/${session.user_guid}/accounts`)).accounts;
        assert.deepEqual((await told()).map((it) => it.name), ['Holiday']);
        await user.press('Add another');
        await user.page.getByText('See and manage').click();
        await user.sees('Linked banks');
        await user.press('Edit Accounts by hand');
        await user.sees('Holiday');
        assert.equal(await user.page.getByLabel('Balance').inputValue(), '1250.00');
        await user.looks('phone-light-60-edit');
        await user.fill('Name of the account', 'Journeys');
        await user.fill('Balance', '1,300.50');
        await user.press('Save changes');
        await user.sees('“Journeys” is saved');
        const [changed] = await told();
        assert.deepEqual([changed.name, Number(changed.balance)], ['Journeys', 1300.5]);
      }));

    test('help', () =>
      connect.visit(PHONE, async (user) => {
        await user.agrees();
        await user.press('Get help');
        await user.sees('How can we help?');
        await user.looks('phone-light-62-help');
        await user.fill('What is it about?', 'My bank');
        await user.fill('Your message', 'It is not in the list.');
        await user.press('Send');
        await user.sees('Message sent');
        await user.looks('phone-light-63-sent');
        await user.press('Go on');
        await user.sees('Find your bank');
      }));

    test('a bank is linked twice, and removed', () =>
      connect.visit(PHONE, async (user, session) => {
        await user.links('demo');
        await user.sees('Gringotts is linked');
        await user.press('Link another bank');
        await user.opens('Gringotts');
        await user.signsIn('demo');
        await user.sees('You have linked Gringotts already');
        await user.looks('phone-light-64-already');
        await user.press('Remove it');
        await user.sees('Remove Gringotts?');
        await user.looks('phone-light-65-remove');
        await user.press('Remove');
        await user.sees('Gringotts is removed');
        const { members } = await connect.partner('GET', `/connect/v1/users/${session.user_guid}/members`);
        assert.deepEqual(members, []);
      }));

    test('a link whose removal comes too late', () =>
      connect.visit(PHONE, async (user) => {
        await user.links('demo');
        await user.sees('Gringotts is linked');
        await user.manages();
        await user.press('Remove Gringotts');
        await user.sees('Remove Gringotts?');
        await user.answers('/members/MBR-*', () => ({ status: 401, json: { message: 'The session is over.' } }));
        await user.press('Remove');
        await user.sees('This visit has ended');
      }));

    test('the agreement is withdrawn', () =>
      connect.visit(PHONE, async (user, session) => {
        await user.links('demo');
        await user.sees('Gringotts is linked');
        await user.manages();
        await user.page.getByRole('button', { name: /^Withdraw/ }).click();
        await user.sees('Withdraw your agreement?');
        await user.page.getByText('The link to your bank is removed, and everything that was read by it is deleted.').waitFor();
        await user.looks('phone-light-66-withdraw');
        await user.press('Withdraw');
        await user.sees('Your agreement is withdrawn');
        await user.page.getByText('The link to your bank was removed').waitFor();
        await user.looks('phone-light-67-withdrawn');
        const { members } = await connect.partner('GET', `/connect/v1/users/${session.user_guid}/members`);
        assert.deepEqual(members, []);
        await user.press('Link a bank');
        await user.sees(/^Link your bank to /);
      }));

    test('one of two agreements is withdrawn, then the other', () =>
      connect.visit(PHONE, async (user, { user_guid }) => {
        await user.links('demo');
        await user.sees('Gringotts is linked');
        const { id } = await connect.partner('GET', `/connect/v1/users/${user_guid}`);
        const { url } = await connect.session({ user: { id }, mode: 'verification' });
        await user.page.goto(url);
        await user.sees(/^Link your bank to /);
        await user.press('Agree and go on');
        await user.sees('Find your bank');
        await user.page.getByText('1 linked bank').click();
        await user.sees('Linked banks');
        await user.page.getByRole('button', { name: 'Withdraw Read your accounts', exact: true }).click();
        await user.sees('Withdraw your agreement?');
        const still = 'Northbank Lending still may, because you agreed to it another time: read your accounts.';
        await user.page.getByText(still).waitFor();
        assert.equal(await user.page.getByText('is removed').count(), 0);
        await user.looks('phone-light-66-one-of-two');
        await user.press('Withdraw');
        await user.sees('Linked banks');
        const links = async () => (await connect.partner('GET', `/connect/v1/users/${user_guid}/members`)).members.length;
        assert.equal(await links(), 1);
        await user.page.getByRole('button', { name: /^Withdraw/ }).click();
        await user.page.getByText('Northbank Lending may no longer: pay to and from your accounts.').waitFor();
        await user.press('Withdraw');
        await user.sees('Your agreement is withdrawn');
        assert.equal(await links(), 0);
      }));

    test('what was not allowed is allowed later', () =>
      connect.visit({ ...PHONE, session: { purposes: ['account_data', 'credit_decision'] } }, async (user, session) => {
        await user.sees(/^Link your bank to /);
        await user.page.getByText('Details: Use them to decide on credit').click();
        await user.looks('phone-light-68-consent-choice');
        await user.agrees();
        await user.page.goto(`${session.url}#view=manage`);
        await user.sees('Linked banks');
        await user.looks('phone-light-68-first-not-allowed');
        await user.press('Allow Use them to decide on credit');
        await user.sees('Do you allow this too?');
        await user.looks('phone-light-69-allow');
        await user.press('Allow');
        await user.sees('Linked banks');
        await user.page.getByRole('button', { name: 'Withdraw Use them to decide on credit' }).waitFor();
        assert.equal(await user.page.getByRole('button', { name: /^Allow/ }).count(), 0);
      }));

    test('a bank that is not there any more', () =>
      connect.visit({ ...PHONE, session: { current_institution_code: 'testbank' } }, async (user) => {
        await user.answers('/institutions/code/testbank', () => ({ status: 404, json: { message: 'Not found.' } }));
        await user.agrees();
      }));

    test('a fault of the page itself does not stop it', () =>
      connect.visit({ ...PHONE, may_complain: /TypeError/ }, async (user) => {
        await user.agrees();
        const credentials = '/institutions/*/credentials';
        await user.answers(credentials, () => ({ json: { credentials: null } }));
        await user.opens('Gringotts');
        await user.sees('That did not work');
        await user.page.unroute(`**/connect/v1${credentials}`);
        await user.press('Try again');
        await user.sees('Sign in to Gringotts');
      }));

    test('the way back, and a page that is loaded again', () =>
      connect.visit(PHONE, async (user) => {
        await user.agrees();
        await user.opens('Gringotts');
        await user.sees('Sign in to Gringotts');
        await user.page.goBack();
        await user.sees('Find your bank');
        await user.opens('Test Bank');
        await user.sees('Sign in to Test Bank');
        await user.press('Back');
        await user.sees('Find your bank');
        await user.page.reload();
        await user.sees('Find your bank');
        assert.ok(!user.page.url().includes('session='));
      }));

    test('a session that is over, and none', () =>
      connect.visit(PHONE, async (user) => {
        await user.page.goto(`${connect.url}/connect?session=nonsense`);
        await user.sees('This visit has ended');
        await user.looks('phone-light-70-first-over');
        await user.page.evaluate(() => history.replaceState(null, ''));
        await user.page.goto(`${connect.url}/connect`);
        await user.sees('This link does not work');
        await user.looks('phone-light-71-first-no-link');
      }));
  });

  describe('the partner\'s page', together, () => {
    test('is gone back to, with what the visit came to', () =>
      connect.visit({ session: { return_url: `${connect.florin.partner}/done?loan=7` } }, async (user) => {
        await user.links('demo');
        await user.sees('Gringotts is linked');
        await user.page.locator('.screen .actions button').first().click();
        await user.page.waitForURL(`${connect.florin.partner}/done?**`);
        const query = new URL(user.page.url()).searchParams;
        assert.deepEqual([query.get('loan'), query.get('status')], ['7', 'connected']);
        assert.match(query.get('member_guid'), /^MBR-/);
      }));

    test('is gone back to without anything', () =>
      connect.visit({ session: { return_url: `${connect.florin.partner}/done` } }, async (user) => {
        await user.press('Not now');
        await user.page.waitForURL(`${connect.florin.partner}/done?status=cancelled`);
      }));

    test('is told in a frame, and no other page is', () =>
      connect.visit({}, async ({ page }) => {
        const embed = async (origin) => {
          const { url } = await connect.session({ origin });
          await page.goto(`${connect.florin.partner}/done`);
          await page.evaluate((url) => {
            window.told = [];
            addEventListener('message', (event) => window.told.push({ ...event.data, origin: event.origin }));
            const frame = Object.assign(document.createElement('iframe'), { src: url, width: 400, height: 700 });
            document.body.append(frame);
          }, url);
          return page.frameLocator('iframe');
        };
        const frame = await embed(connect.florin.partner);
        await frame.getByRole('button', { name: 'Agree and go on' }).click();
        await frame.getByRole('heading', { name: 'Find your bank' }).waitFor();
        await page.waitForFunction(() => window.told.some((it) => it.metadata.current === 'search'));
        const told = await page.evaluate(() => window.told);
        assert.deepEqual([...new Set(told.map((it) => it.origin))], [connect.url]);
        const types = told.map((it) => it.type);
        assert.deepEqual(types.slice(0, 2), ['florin/connect/loaded', 'florin/connect/stepChange']);
        assert.ok(types.includes('florin/connect/consentGiven'));
        const [, inside] = page.frames();
        await inside.evaluate(() => setTimeout(() => location.reload()));
        await page.waitForFunction(() => window.told.filter((it) => it.type === 'florin/connect/loaded').length === 2);
        await frame.getByRole('heading', { name: 'Find your bank' }).waitFor();
      }));

    test('is told by a window that it opened, which then closes', () =>
      connect.visit({}, async ({ page }) => {
        const { url } = await connect.session({ origin: connect.florin.partner });
        await page.goto(`${connect.florin.partner}/done`);
        const [window_] = await Promise.all([
          page.waitForEvent('popup'),
          page.evaluate((url) => {
            window.told = [];
            addEventListener('message', (event) => window.told.push(event.data));
            window.open(url, '_blank', 'popup');
          }, url),
        ]);
        await window_.getByRole('button', { name: 'Not now' }).click();
        await page.waitForFunction(() => window.told.some((it) => it.type === 'florin/connect/done'));
        const done = await page.evaluate(() => window.told.find((it) => it.type === 'florin/connect/done'));
        assert.equal(done.metadata.status, 'cancelled');
        await closes(window_);
      }));
  });

  test('the page is small, of one origin, and under a strict policy', async () => {
    const { url } = await connect.session();
    const page = await fetch(url);
    const policy = page.headers.get('content-security-policy');
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) {
      assert.ok(policy.includes(part), `${part} is not in ${policy}`);
    }
    assert.ok(!policy.includes('unsafe'));
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
    const html = await page.text();
    assert.ok(!/<script>|<style|style=|onclick=/.test(html));
    const script = html.match(/src="([^"]+\.js[^"]*)"/)[1];
    const bytes = (await (await fetch(new URL(script, connect.url))).arrayBuffer()).byteLength;
    assert.ok(bytes < 100_000, `${bytes} bytes`);
  });
});
