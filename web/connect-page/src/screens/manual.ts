// An account that the end user keeps by hand.
import type { MakeScreen, Screen } from '../app.js';
import { actions, badge, button, h } from '../dom.js';
import { form } from '../form.js';
import { AccountType, type Code } from '../../../connect-adapter/src/codes.js';
import type { Account } from '../../../connect-adapter/src/types.js';
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

/** The form. */
export const manual: MakeScreen = (app, signal): Screen => ({
  step: 'manual',
  title: 'Add an account by hand',
  body: [
    h('p', { class: 'lead' }, 'For accounts that we cannot read. You keep them up to date yourself.'),
    form({
      fields: [
        { name: 'account_type', label: 'Kind of account', type: 'select', options: TYPES.map(([code, label]) => ({ value: String(code), label })) },
        { name: 'user_name', label: 'Name of the account', hint: 'As you like to call it, such as “Holiday savings”.', maxlength: 100 },
        {
          name: 'balance',
          label: 'Balance',
          hint: 'What is on it today, or what you owe.',
          inputmode: 'decimal',
          half: true,
          check: (value) => !amount(value) && 'Enter an amount, like 1250.00',
        },
        {
          name: 'interest_rate',
          label: 'Interest rate in %',
          inputmode: 'decimal',
          optional: true,
          half: true,
          check: (value) => !/^\d{1,2}([.,]\d{1,3})?$/.test(value) && 'Enter a rate, like 4.5',
        },
      ],
      submit: 'Save account',
      signal,
      onSubmit: async ({ account_type, user_name, balance = '', interest_rate }) => {
        const account = await app.florin.createAccount({
          account_type: Number(account_type) as Code<typeof AccountType>,
          user_name: user_name!,
          name: user_name!,
          balance: amount(balance)!,
          interest_rate: interest_rate ? interest_rate.replace(',', '.') : null,
          is_personal: true,
        });
        await app.settle(saved(account, user_name!));
      },
    }),
  ],
});

function saved(account: Account, name: string): MakeScreen {
  return (app) => {
    app.ending = { status: 'connected', member_guid: account.member_guid };
    app.tell('manualAccountAdded', { account_guid: account.guid, member_guid: account.member_guid ?? null });
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
