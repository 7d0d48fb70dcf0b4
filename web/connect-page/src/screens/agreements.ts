// What the end user agreed to: shown, allowed later, withdrawn.
import type { App, MakeScreen, Screen } from '../app.js';
import { badge, button, day, h, icon, item, note, small, type Child } from '../dom.js';
import { form } from '../form.js';
import type { Consent, Purpose, Revocation } from '../session.js';
import { suffices, words } from './consent.js';
import { manage, removed, sure } from './manage.js';

/** Where the session asks for something else. */
const NAMES: Record<string, string> = {
  account_data: 'Read your accounts',
  credit_decision: 'Use them to decide on credit',
  payments: 'Pay to and from your accounts',
};

function nameOf(app: App, purpose: string): string {
  return app.session.consent.purposes.find((it) => it.purpose === purpose)?.title ?? NAMES[purpose] ?? purpose;
}

function namesOf(app: App, purposes: string[]): string {
  return purposes.map((it) => nameOf(app, it)).join(', ');
}

/** What holds, and what may be allowed beside it. */
export function agreements(app: App, holding: Consent[]): Child {
  const agreed = new Set(holding.flatMap((it) => it.purposes));
  const open = app.session.consent.purposes.filter((it) => !agreed.has(it.purpose));
  return [
    h('h2', null, 'What you agreed to'),
    holding.length === 0 && h('p', null, 'Nothing at the moment.'),
    holding.length > 0 && h('ul', { class: 'rows' }, holding.map((it) => given(app, it))),
    open.length > 0 && [h('h2', null, 'What you have not allowed'), h('ul', { class: 'rows' }, open.map((it) => asked(app, it)))],
  ];
}

function given(app: App, consent: Consent): Child {
  const names = namesOf(app, consent.purposes);
  const since = h('span', { class: 'soft' }, `Since ${day(consent.given_at)}, to ${app.session.client_name}`);
  return item(icon('shield'), names, since, small('Withdraw', names, () => void app.go(withdraw(consent, names))));
}

function asked(app: App, purpose: Purpose): Child {
  return item(icon('lock'), purpose.title, null, small('Allow', purpose.title, () => void app.go(allow(purpose))));
}

/** Agrees to one purpose more. */
function allow({ purpose, title, text }: Purpose): MakeScreen {
  return (app, signal): Screen => ({
    step: 'allow',
    title: 'Do you allow this too?',
    body: [
      note(icon('shield'), h('p', null, title)),
      h('p', { class: 'lead' }, words(app.session, text)),
      form({
        fields: [],
        submit: 'Allow',
        beside: button('Not now', () => app.back(), 'quiet'),
        signal,
        onSubmit: async () => {
          await app.own.giveConsent(app.session.consent.text_version, [purpose]);
          app.tell('consentGiven', { purposes: [purpose] });
          if (!signal.aborted) await app.settle(manage);
        },
      }),
    ],
  });
}

function withdraw(consent: Consent, names: string): MakeScreen {
  return async (app, signal): Promise<Screen> => {
    // What it would do may have changed since the list was shown.
    const now = (await app.own.consents()).find((it) => it.guid === consent.guid) ?? consent;
    return {
      step: 'withdraw',
      title: 'Withdraw your agreement?',
      top: badge('undo', 'bad'),
      body: [
        note(icon('shield'), h('p', null, names)),
        h('ul', { class: 'effects' }, effects(app, now.revocation, false).map((it) => h('li', null, it))),
        sure(app, signal, 'Withdraw', async () => {
          const { revocation } = await app.own.revokeConsent(consent.guid);
          app.tell('consentRevoked', { consent_guid: consent.guid, purposes: consent.purposes });
          if (revocation?.links) app.ending = { status: 'cancelled' };
          const left = (await app.own.consents()).filter((it) => !it.revoked_at).flatMap((it) => it.purposes);
          return () => {
            if (suffices(app.session, new Set(left))) return app.settle(manage);
            return app.start(removed('Your agreement is withdrawn', effects(app, revocation, true).join(' ')));
          };
        }),
      ],
    };
  };
}

/** What withdrawing does, or did, one sentence each. */
function effects(app: App, revocation: Revocation | null, is_done: boolean): string[] {
  const { client_name } = app.session;
  const { no_longer_allowed, still_allowed, links, external_accounts } =
    revocation ?? { no_longer_allowed: [], still_allowed: [], links: 0, external_accounts: 0 };
  const many = (count: number, one: string, more: string): string => (count === 1 ? one : `${count} ${more}`);
  const was = (will: string, done: string): string => (is_done ? done : will);
  const said: string[] = [];
  if (links > 0) {
    const which = many(links, 'The link to your bank', 'links to banks');
    const is = was(links === 1 ? 'is' : 'are', links === 1 ? 'was' : 'were');
    said.push(`${which} ${is} removed, and everything that was read by ${links === 1 ? 'it' : 'them'} ${was('is', 'was')} deleted.`);
  }
  if (external_accounts > 0) {
    const which = many(external_accounts, 'the account', 'accounts');
    said.push(`${client_name} can no longer move money to or from ${which} that you shared.`);
  }
  const told = [links > 0 && 'account_data', external_accounts > 0 && 'payments'];
  const rest = no_longer_allowed.filter((purpose) => !told.includes(purpose));
  if (rest.length > 0) said.push(`${client_name} may no longer: ${namesOf(app, rest).toLowerCase()}.`);
  if (still_allowed.length > 0) {
    const how = was(' To end that too, withdraw your other agreement.', '');
    said.push(`${client_name} still may, because you agreed to it another time: ${namesOf(app, still_allowed).toLowerCase()}.${how}`);
  }
  return said;
}
