// Two small deposits that prove an account: asked for, waited for, told.
import type { App, MakeScreen, Screen } from '../app.js';
import { isOver } from '../app.js';
import { actions, badge, button, day, facts, h, icon, note, wait, type Child } from '../dom.js';
import { Refused, form, type Field } from '../form.js';
import { ConnectError } from '../../../connect-adapter/src/error.js';
import {
  AccountType,
  BlockedReason,
  MicrodepositStatus as Status,
  type Code,
} from '../../../connect-adapter/src/codes.js';
import type { Institution, Microdeposit, MicrodepositCreate } from '../../../connect-adapter/src/types.js';
import { leave } from './consent.js';
import { bankHead, institution } from './institution.js';
import { isEmail, support } from './support.js';

type Entered = Partial<Record<'routing_number' | 'account_number' | 'account_type', string>>;

const digits = (text: string): string => text.replace(/[\s-]/g, '');

const BLOCKED: Record<number, string> = {
  [BlockedReason.INVALID]: 'No bank has this routing number. Check it on a check or in your bank’s app',
  [BlockedReason.BLOCKED]: 'We cannot send deposits to this bank. Choose another account',
  [BlockedReason.CLIENT_BLOCKED]: 'Accounts of this bank are not taken here. Choose another account',
};

function accountFields(entered: Entered): Field[] {
  const isNumber = (value: string): string | false => !/^[A-Za-z0-9]{4,17}$/.test(digits(value)) && 'Enter an account number of 4 to 17 digits';
  return [
    {
      name: 'routing_number',
      label: 'Routing number',
      hint: '9 digits, at the bottom left of a check or in your bank’s app.',
      inputmode: 'numeric',
      maxlength: 11,
      value: entered.routing_number,
      check: (value) => !/^\d{9}$/.test(digits(value)) && 'Enter a routing number of 9 digits',
    },
    { name: 'account_number', label: 'Account number', inputmode: 'numeric', maxlength: 20, check: isNumber },
    {
      name: 'again',
      label: 'Account number again',
      inputmode: 'numeric',
      maxlength: 20,
      check: (value, all) => digits(value) !== digits(all.account_number ?? '') && 'The two account numbers differ',
    },
    {
      name: 'account_type',
      label: 'Kind of account',
      type: 'radio',
      value: entered.account_type,
      options: [
        { value: String(AccountType.CHECKING), label: 'Checking' },
        { value: String(AccountType.SAVINGS), label: 'Savings' },
      ],
    },
  ];
}

/** First step: which account. `known` is a microdeposit whose account is wrong or still missing. */
export function depositAccount(entered: Entered = {}, trouble?: string, known?: Microdeposit): MakeScreen {
  return (app, signal): Screen => ({
    step: 'deposit-account',
    title: 'Which account is it?',
    top: steps(1),
    body: [
      h('p', { class: 'lead' }, 'We send two deposits of a few cents there. You tell us their amounts, and the account is verified.'),
      form({
        fields: accountFields(entered),
        submit: 'Continue',
        trouble,
        signal,
        onSubmit: async (values) => {
          const account = {
            routing_number: digits(values.routing_number ?? ''),
            account_number: digits(values.account_number ?? ''),
            account_type: Number(values.account_type) as Code<typeof AccountType>,
          };
          await checkRouting(app, account, known);
        },
      }),
    ],
  });
}

type Account = Pick<MicrodepositCreate, 'routing_number' | 'account_number' | 'account_type'>;

async function checkRouting(app: App, account: Account, known?: Microdeposit): Promise<void> {
  const identity = app.session.products.includes('identity_verification');
  const { blocked_routing_number: blocked } = await app.florin.verifyRoutingNumber(account.routing_number, identity);
  if (blocked?.reason === BlockedReason.IAV_PREFERRED) {
    const banks = await app.florin.loadInstitutions({ routing_number: account.routing_number, per_page: 5 });
    const linkable = banks.filter((bank) => !bank.is_disabled_by_client);
    if (linkable.length > 0) return app.go(faster(linkable, account, known));
  } else if (blocked) {
    app.tell('blockedRoutingNumber', { reason: blocked.reason, reason_name: blocked.reason_name });
    const text = BLOCKED[blocked.reason] ?? BLOCKED[BlockedReason.BLOCKED]!;
    throw new Refused('Check what you entered', { routing_number: text });
  }
  await app.go(depositHolder(account, known));
}

/** The bank can be signed in to, which takes seconds instead of days. */
function faster(banks: Institution[], account: Account, known?: Microdeposit): MakeScreen {
  return (app): Screen => {
    const [bank] = banks;
    return {
      step: 'faster',
      title: `${bank!.name} can be verified at once`,
      top: bankHead(bank!),
      body: [
        h('p', { class: 'lead' }, 'Sign in to your bank instead: it takes seconds, and the deposits take one to three business days.'),
        actions(
          banks.map((it, index) => button(`Sign in to ${it.name}`, () => void app.go(institution(it.guid)), index === 0 ? '' : 'second')),
          button('Send deposits anyway', () => void app.go(depositHolder(account, known)), 'quiet'),
        ),
      ],
    };
  };
}

/** Second step: whose account. */
function depositHolder(account: Account, known?: Microdeposit): MakeScreen {
  return (app, signal): Screen => ({
    step: 'deposit-holder',
    title: 'Whose account is it?',
    top: steps(2),
    body: [
      form({
        fields: [
          { name: 'first_name', label: 'First name', autocomplete: 'given-name', maxlength: 50, half: true, value: known?.first_name },
          { name: 'last_name', label: 'Last name', autocomplete: 'family-name', maxlength: 50, half: true, value: known?.last_name },
          {
            name: 'email',
            label: 'Email address',
            type: 'email',
            hint: 'In case there is a question about the deposits.',
            autocomplete: 'email',
            value: known?.email || (app.session.user.email ?? ''),
            check: (value) => !isEmail(value) && 'Enter an email address, like ada@example.com',
          },
        ],
        before: h(
          'p',
          { class: 'assure' },
          icon('shield'),
          h('span', null, `With “Send deposits” you allow ${app.session.client_name} to make two deposits of less than a dollar to the account ending in ${account.account_number.slice(-4)}, and to take them back.`),
        ),
        submit: 'Send deposits',
        signal,
        onSubmit: (values) => send(app, account, values as Pick<MicrodepositCreate, 'first_name' | 'last_name' | 'email'>, known),
      }),
    ],
  });
}

async function send(
  app: App,
  account: Account,
  holder: Pick<MicrodepositCreate, 'first_name' | 'last_name' | 'email'>,
  known?: Microdeposit,
): Promise<void> {
  const asked: MicrodepositCreate = { ...account, ...holder, account_name: `${kindOf(account)} ...${account.account_number.slice(-4)}` };
  try {
    const { micro_deposit } = known
      ? await app.florin.updateMicrodeposit(known.guid, asked)
      : await app.florin.createMicrodeposit({ ...asked, user_guid: app.session.user.guid });
    app.tell('microdepositCreated', { microdeposit_guid: micro_deposit.guid });
    await app.settle(deposit(micro_deposit));
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const { fields = {}, micro_deposit, message } = error.response.data;
    if (micro_deposit) return app.settle(deposit(micro_deposit as Microdeposit));
    if (['routing_number', 'account_number', 'account_type'].some((name) => name in fields)) {
      const entered = { routing_number: account.routing_number, account_type: String(account.account_type) };
      const told = Object.values(fields).flat()[0] ?? message;
      return app.swap(depositAccount(entered, told, known));
    }
    throw error;
  }
}

/** A visit that goes on with a microdeposit of before. */
export function depositAgain(guid: string): MakeScreen {
  return async (app, signal) => {
    await app.florin.refreshMicrodepositStatus(guid);
    return deposit(await app.florin.loadMicrodepositByGuid(guid))(app, signal);
  };
}

/** Where a microdeposit stands. */
export function deposit(it: Microdeposit): MakeScreen {
  return (app, signal) => {
    switch (it.status) {
      case Status.PREINITIATED:
        return depositAccount({}, undefined, it)(app, signal);
      case Status.INITIATED:
      case Status.REQUESTED:
        return onTheirWay(app, it);
      case Status.DEPOSITED:
        return amounts(app, signal, it);
      case Status.DENIED:
        return amounts(app, signal, it, 'These are not the amounts that we sent. Look again, then try once more.');
      case Status.VERIFIED:
        return verified(app, it);
      default:
        return failed(app, it);
    }
  };
}

function onTheirWay(app: App, it: Microdeposit): Screen {
  app.ending = { status: 'pending', microdeposit_guid: it.guid };
  return {
    step: 'deposit-waiting',
    title: 'The deposits are on their way',
    top: steps(3),
    body: [
      h('p', { class: 'lead' }, 'When both are on your account, come back here and tell us their amounts.'),
      accountFacts(it),
      note(icon('clock'), h('p', null, 'Banks take one to three business days. Nothing is to be done until then.')),
      actions(
        button('Done', () => leave(app)),
        button('Look again', () => void app.swap(depositAgain(it.guid)), 'second'),
      ),
    ],
  };
}

const kindOf = ({ account_type }: Pick<Microdeposit, 'account_type'>): string =>
  account_type === AccountType.SAVINGS ? 'Savings' : 'Checking';

const ending = ({ account_number }: Microdeposit): string => (account_number ? ` ending in ${account_number.slice(-4)}` : '');

const accountOf = (it: Microdeposit): string => `${kindOf(it).toLowerCase()} account${ending(it)}`;

function accountFacts(it: Microdeposit): HTMLElement {
  return facts(
    ['Account', kindOf(it) + ending(it)],
    it.deposit_expected_at ? ['Expected', day(it.deposit_expected_at, { weekday: 'long', year: undefined })] : false,
  );
}

/** The cents of an amount below a dollar: of "05", "0.05" and "$0.05". One digit could mean either of two amounts. */
const asCents = (text: string): string | undefined => /^\$?\s*(?:0?[.,])?(\d{2})$/.exec(text)?.[1];

function amounts(app: App, signal: AbortSignal, it: Microdeposit, trouble?: string): Screen {
  const amount = (name: string, label: string): Field => ({
    name,
    label,
    prefix: '$0.',
    inputmode: 'numeric',
    maxlength: 6,
    half: true,
    check: (value) => !asCents(value) && 'Enter two digits, like 05',
  });
  return {
    step: 'deposit-verify',
    title: 'How much did we send?',
    top: steps(4),
    body: [
      h('p', { class: 'lead' }, `Look at your ${accountOf(it)} for two deposits of less than a dollar. Enter the digits after the point; which deposit comes first does not matter.`),
      form({
        fields: [amount('deposit_amount_1', 'First deposit'), amount('deposit_amount_2', 'Second deposit')],
        submit: 'Verify',
        beside: button('I do not see them', () => void app.go(support()), 'quiet'),
        trouble,
        signal,
        onSubmit: async (values) => {
          await app.florin.verifyMicrodeposit(it.guid, {
            deposit_amount_1: asCents(values.deposit_amount_1 ?? '')!,
            deposit_amount_2: asCents(values.deposit_amount_2 ?? '')!,
          });
          await app.swap(verifying(it));
        },
      }),
    ],
  };
}

const LOOKS_MAX = 40;

/** Until the server has compared the amounts. */
function verifying(it: Microdeposit): MakeScreen {
  return (app, signal) => {
    const bar = h('progress', { 'aria-labelledby': 'heading' });
    const watch = async (): Promise<void> => {
      try {
        let now = it;
        for (let look = 0; look < LOOKS_MAX && !signal.aborted; look += 1) {
          await app.florin.refreshMicrodepositStatus(it.guid);
          now = await app.florin.loadMicrodepositByGuid(it.guid);
          if (now.status !== Status.DEPOSITED && now.status !== Status.REQUESTED) break;
          if (now.updated_at !== it.updated_at && now.status === it.status) break;
          await wait(1000, signal);
        }
        if (!signal.aborted) await app.settle(deposit(now));
      } catch (error) {
        if (!isOver(error, signal)) await app.swap(depositAgain(it.guid));
      }
    };
    return {
      step: 'deposit-verifying',
      title: 'Comparing the amounts',
      top: steps(4),
      body: [bar, h('p', { class: 'lead' }, 'This takes a moment.')],
      busy: true,
      shown: () => void watch(),
    };
  };
}

function verified(app: App, it: Microdeposit): Screen {
  app.ending = { status: 'connected', microdeposit_guid: it.guid };
  app.tell('microdepositVerified', { microdeposit_guid: it.guid });
  return {
    step: 'deposit-verified',
    title: 'Your account is verified',
    top: badge('check', 'good'),
    body: [
      h('p', { class: 'lead' }, `${app.session.client_name} can now use your ${accountOf(it)}.`),
      actions(button('Done', () => leave(app))),
    ],
  };
}

const FAILED: Record<number, [string, string]> = {
  [Status.ERRORED]: ['The deposits did not arrive', 'Your bank could not find the account, or the amounts were not told in time. Check the numbers and try again.'],
  [Status.PREVENTED]: ['Too many wrong amounts', 'For your safety this account can no longer be verified with deposits.'],
  [Status.CONFLICTED]: ['This account is being verified already', 'There are deposits to it from before. Finish with those, or use another account.'],
  [Status.REJECTED]: ['Your bank sent the deposits back', 'It does not take them for this account. Use another account, or sign in to your bank.'],
};

function failed(app: App, it: Microdeposit): Screen {
  app.tell('microdepositError', { microdeposit_guid: it.guid, status: it.status, status_name: it.status_name });
  const [title, text] = FAILED[it.status] ?? FAILED[Status.ERRORED]!;
  const again: Child = it.status === Status.ERRORED && button('Check the numbers', () => void app.go(depositAccount({ routing_number: it.routing_number, account_type: String(it.account_type) }, undefined, it)));
  const before: Child = it.status === Status.CONFLICTED && it.guid && button('Go on with those', () => void app.swap(depositAgain(it.guid)));
  return {
    step: 'deposit-failed',
    title,
    top: badge('alert', 'bad'),
    body: [
      h('p', { class: 'lead' }, text),
      accountFacts({ ...it, deposit_expected_at: null }),
      actions(
        again,
        before,
        button('Find your bank', () => void app.start(app.home), again || before ? 'second' : ''),
        it.status !== Status.ERRORED && button('Use another account', () => void app.go(depositAccount()), 'second'),
      ),
    ],
  };
}

/** Which of the four steps it is. */
function steps(now: 1 | 2 | 3 | 4): HTMLElement {
  const names = ['Account', 'You', 'Deposits', 'Amounts'];
  return h(
    'ol',
    { class: 'steps', 'aria-label': 'Steps' },
    names.map((name, index) =>
      h('li', { class: index + 1 < now ? 'past' : null, 'aria-current': index + 1 === now ? 'step' : null }, name),
    ),
  );
}
