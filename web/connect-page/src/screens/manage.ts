// What is linked already, and what was agreed to.
import type { App, MakeScreen, Screen } from '../app.js';
import { sentence } from '../app.js';
import { actions, badge, button, day, h, icon, logo, note, type Child } from '../dom.js';
import { ConnectionStatus as Status } from '../../../connect-adapter/src/codes.js';
import type { Member } from '../../../connect-adapter/src/types.js';
import type { Consent } from '../session.js';
import { connecting, watching } from './connecting.js';
import { challenge } from './challenge.js';
import { leave, suffices } from './consent.js';
import { trouble } from './trouble.js';

const RUNNING = new Set<number>([Status.CREATED, Status.RECONNECTED, Status.UPDATED, Status.RESUMED]);

/** The list. */
export const manage: MakeScreen = async (app): Promise<Screen> => {
  const [members, consents] = await Promise.all([app.florin.loadMembers(), app.own.consents()]);
  const pictures = await Promise.all(members.map((it) => (it.is_manual ? null : app.logoOf(it.institution_guid))));
  const active = consents.filter((it) => !it.revoked_at);
  return {
    step: 'manage',
    title: 'Linked banks',
    body: [
      members.length === 0
        ? h('p', { class: 'lead' }, 'No bank is linked.')
        : h('ul', { class: 'members' }, members.map((member, index) => row(app, member, pictures[index]))),
      h('h2', null, 'What you agreed to'),
      active.length === 0 ? h('p', null, 'Nothing at the moment.') : h('ul', { class: 'consents' }, active.map((it) => agreed(app, it))),
      actions(button('Link another bank', () => void app.start(app.home), 'second')),
    ],
  };
};

function row(app: App, member: Member, picture: string | null | undefined): Child {
  const is_good = member.connection_status === Status.CONNECTED;
  const running = member.is_being_aggregated || RUNNING.has(member.connection_status);
  const waits = member.connection_status === Status.CHALLENGED || member.connection_status === Status.PENDING;
  const state = member.is_manual
    ? 'Kept by hand'
    : running
      ? 'Being read'
      : is_good
        ? `Up to date${member.successfully_aggregated_at ? `, read on ${day(member.successfully_aggregated_at)}` : ''}`
        : waits
          ? 'Waits for you'
          : 'Needs your attention';
  const open = (): void => {
    if (running && !waits) void app.go(watching(member, undefined, []));
    else if (is_good) void app.go(connecting(member));
    else if (member.connection_status === Status.CHALLENGED) void app.go(challenge(member));
    else void app.go(trouble(member));
  };
  const named = (text: string): Child => [text, h('span', { class: 'sr' }, ` ${member.name}`)];
  return h(
    'li',
    null,
    logo(picture),
    h('div', { class: 'name' }, member.name, h('span', { class: is_good || member.is_manual || running ? 'soft' : 'warn' }, state)),
    h(
      'div',
      { class: 'does' },
      !member.is_manual && button(named(running ? 'Look' : is_good ? 'Refresh' : 'Fix'), open, 'link'),
      button(named('Remove'), () => void app.go(remove(member)), 'link'),
    ),
  );
}

/** Asks before a link is removed. */
export function remove(member: Member): MakeScreen {
  return (app): Screen => ({
    step: 'remove',
    title: `Remove ${member.name}?`,
    top: badge('alert', 'bad'),
    body: [
      h('p', { class: 'lead' }, `Your sign-in and everything that was read from ${member.name} is deleted, and ${app.session.client_name} sees it no more.`),
      sure(app, 'Remove', async () => {
        await app.florin.deleteMember(member);
        app.tell('memberDeleted', { member_guid: member.guid });
        if (app.ending.member_guid === member.guid) app.ending = { status: 'cancelled' };
        await app.settle(removed(`${member.name} is removed`));
      }),
    ],
  });
}

const NAMES: Record<string, string> = {
  account_data: 'Read your accounts',
  credit_decision: 'Use them to decide on credit',
  payments: 'Pay to and from your accounts',
};

function agreed(app: App, consent: Consent): Child {
  const known = (purpose: string): string =>
    app.session.consent.purposes.find((it) => it.purpose === purpose)?.title ?? NAMES[purpose] ?? purpose;
  const names = consent.purposes.map(known).join(', ');
  return h(
    'li',
    null,
    icon('shield'),
    h('div', { class: 'name' }, names, h('span', { class: 'soft' }, `Since ${day(consent.given_at)}, to ${app.session.client_name}`)),
    h('div', { class: 'does' }, button(['Withdraw', h('span', { class: 'sr' }, ` ${names}`)], () => void app.go(withdraw(consent, names)), 'link')),
  );
}

function withdraw(consent: Consent, names: string): MakeScreen {
  const reading = consent.purposes.includes('account_data');
  return (app): Screen => ({
    step: 'withdraw',
    title: 'Withdraw your agreement?',
    top: badge('undo', 'bad'),
    body: [
      note(icon('shield'), h('p', null, names)),
      h(
        'p',
        { class: 'lead' },
        reading
          ? `All links to your banks are removed, and everything that was read by them is deleted. ${app.session.client_name} is told.`
          : `${app.session.client_name} may no longer do this with your accounts. Your links stay.`,
      ),
      sure(app, 'Withdraw', async () => {
        await app.own.revokeConsent(consent.guid);
        app.tell('consentRevoked', { consent_guid: consent.guid, purposes: consent.purposes });
        app.ending = { status: 'cancelled' };
        const left = (await app.own.consents()).filter((it) => !it.revoked_at).flatMap((it) => it.purposes);
        if (suffices(app.session, new Set(left))) return app.settle(manage);
        await app.start(removed('Your agreement is withdrawn'));
      }),
    ],
  });
}

/** A dangerous button and the way back. */
function sure(app: App, text: string, act: () => Promise<unknown>): Child {
  const told = h('div', { class: 'errors', role: 'alert', hidden: true });
  let busy = false;
  const run = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      await act();
    } catch (error) {
      told.replaceChildren(icon('alert'), h('p', null, sentence(error)));
      told.hidden = false;
    } finally {
      busy = false;
    }
  };
  return [told, actions(button(text, () => void run(), 'danger'), button('Keep it', () => app.back(), 'second'))];
}

function removed(title: string): MakeScreen {
  return (app) => ({
    step: 'removed',
    title,
    top: badge('check', 'good'),
    body: [
      h('p', { class: 'lead' }, 'What was read is deleted.'),
      actions(button('Link a bank', () => void app.start(app.home)), button('Done', () => leave(app), 'second')),
    ],
  });
}
