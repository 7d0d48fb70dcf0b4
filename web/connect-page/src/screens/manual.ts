// Accounts that the end user keeps by hand.
import type { App, MakeScreen, Screen } from '../app.js';
import { actions, badge, button, h, icon, item, small } from '../dom.js';
import { form, type Field } from '../form.js';
import type { ManualAccount } from '../session.js';
import { AccountType, type Code } from '../../../connect-adapter/src/codes.js';
import type { Account, Member } from '../../../connect-adapter/src/types.js';
import { leave } from './consent.js';

const TYPES: [Code<typeof AccountType>, string][] = [
  [AccountType.CHECKING, 'Checking'],
  [AccountType.SAVINGS, 'Savings'],
  [AccountType.CREDIT_CARD, 'Credit card'],
  [AccountType.LOAN, 'Loan'],
  [AccountType.MORTGAGE, 'Mortgage'],
  [AccountType.LINE_OF_CREDIT, 'Line of credit'],
  [AccountType.INVESTMENT, 'Investment'],
  [AccountType.PROPERTY, 'Property'],
  [AccountType.INSURANCE, 'Insurance'],
  [AccountType.CASH, 'Cash'],
];

/** Two decimals at most, with or without thousands separators. */
function amount(text: string): string | undefined {
  const plain = text.replace(/[\s,$£€]/g, '');
  return /^-?\d{1,12}(\.\d{1,2})?$/.test(plain) ? plain : undefined;
}

/** A currency's sign, such as `$`. */
export function signOf(currency: string | undefined): string | undefined {
  if (!currency) return undefined;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
  return format.formatToParts(0).find((part) => part.type === 'currency')?.value;
}

const NAME: Field = {
  name: 'user_name',
  label: 'Name of the account',
  hint: 'As you like to call it, such as “Holiday savings”.',
  maxlength: 100,
};

/** What can change from day to day. */
function figures(currency: string | undefined): Field[] {
  return [
    {
      name: 'balance',
      label: 'Balance',
      hint: 'What is on it today, or what you owe.',
      prefix: signOf(currency),
      inputmode: 'decimal',
      check: (value) => !amount(value) && 'Enter an amount, like 1250.00',
    },
    {
      name: 'interest_rate',
      label: 'Interest rate a year',
      suffix: '%',
      inputmode: 'decimal',
      optional: true,
      check: (value) => !/^\d{1,2}([.,]\d{1,3})?$/.test(value) && 'Enter a rate, like 4.5',
    },
  ];
}

/** What was entered, as the server takes it. */
function told({ user_name = '', balance = '', interest_rate }: Record<string, string>): {
  user_name: string;
  balance: string;
  interest_rate: string | null;
} {
  return { user_name, balance: amount(balance)!, interest_rate: interest_rate ? interest_rate.replace(',', '.') : null };
}

/** The form of a new one. */
export const manual: MakeScreen = (app, signal): Screen => ({
  step: 'manual',
  title: 'Add an account by hand',
  body: [
    h('p', { class: 'lead' }, 'For accounts that we cannot read. You keep them up to date yourself, under “Linked banks”.'),
    form({
      fields: [
        { name: 'account_type', label: 'Kind of account', type: 'select', options: TYPES.map(([code, label]) => ({ value: String(code), label })) },
        NAME,
        ...figures(app.session.currency),
      ],
      submit: 'Save account',
      signal,
      onSubmit: async (values) => {
        const terms = told(values);
        const account = await app.florin.createAccount({
          account_type: Number(values.account_type) as Code<typeof AccountType>,
          name: terms.user_name,
          is_personal: true,
          ...terms,
        });
        app.tell('manualAccountAdded', { account_guid: account.guid, member_guid: account.member_guid });
        if (!signal.aborted) await app.settle(saved(account, terms.user_name));
      },
    }),
  ],
});

/** Those that there are; the only one at once. */
export function byHand(member: Member): MakeScreen {
  return async (app, signal): Promise<Screen> => {
    const accounts = await app.own.accounts(member.guid);
    if (accounts.length === 1) return edit(accounts[0]!.guid)(app, signal);
    const rows = accounts.map(({ guid, name }) =>
      item(h('span', { class: 'logo small' }, icon('pencil')), name, null, small('Edit', name, () => void app.go(edit(guid)))),
    );
    return {
      step: 'by-hand',
      title: 'Accounts kept by hand',
      body: [h('ul', { class: 'rows' }, rows), actions(button('Add another', () => void app.go(manual), 'second'))],
    };
  };
}

/** The form of one that is there. */
function edit(guid: string): MakeScreen {
  return async (app, signal): Promise<Screen> => {
    const { terms, member_guid } = await app.own.manualAccount(guid);
    const kind = TYPES.find(([code]) => code === Number(terms.account_type))?.[1];
    const entered = (field: Field): Field => ({ ...field, value: String(terms[field.name as keyof typeof terms] ?? '') });
    return {
      step: 'manual-edit',
      title: String(terms.user_name),
      body: [
        h('p', { class: 'lead' }, kind ? `${kind}, kept by hand.` : 'Kept by hand.'),
        form({
          fields: [NAME, ...figures(String(terms.currency_code))].map(entered),
          submit: 'Save changes',
          beside: button('Cancel', () => app.back(), 'quiet'),
          signal,
          onSubmit: async (values) => {
            const changed = told(values);
            // Nothing entered empties it; `null` would let it stay.
            const account = await app.own.updateManualAccount(guid, { ...changed, interest_rate: changed.interest_rate ?? '' });
            app.tell('manualAccountChanged', { account_guid: guid, member_guid });
            if (!signal.aborted) await app.settle(saved(account, values.user_name!));
          },
        }),
      ],
    };
  };
}

function saved(account: Account | ManualAccount, name: string): MakeScreen {
  return (app: App) => {
    app.ending = { status: 'connected', member_guid: account.member_guid };
    return {
      step: 'manual-saved',
      title: `“${name}” is saved`,
      top: badge('check', 'good'),
      body: [
        h('p', { class: 'lead' }, `${app.session.client_name} now sees it with your other accounts.`),
        actions(
          button('Done', () => leave(app)),
          button('Add another', () => void app.start(app.home), 'second'),
        ),
      ],
    };
  };
}
