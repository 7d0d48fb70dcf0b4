// What is linked already, and what was agreed to.
import type { App, MakeScreen, Screen } from '../app.js';
import { isOver, sentence } from '../app.js';
import { actions, badge, button, day, h, icon, item, logo, small, type Child } from '../dom.js';
import { ConnectionStatus as Status } from '../../../connect-adapter/src/codes.js';
import type { Member } from '../../../connect-adapter/src/types.js';
import { agreements } from './agreements.js';
import { connecting, watching } from './connecting.js';
import { challenge } from './challenge.js';
import { leave } from './consent.js';
import { byHand } from './manual.js';
import { trouble } from './trouble.js';

const RUNNING = new Set<number>([Status.CREATED, Status.RECONNECTED, Status.UPDATED, Status.RESUMED]);

/** The list. */
export const manage: MakeScreen = async (app): Promise<Screen> => {
  const [members, consents] = await Promise.all([app.florin.loadMembers(), app.own.consents()]);
  const pictures = await Promise.all(members.map((it) => (it.is_manual ? null : app.logoOf(it.institution_guid))));
  return {
    step: 'manage',
    title: 'Linked banks',
    body: [
      members.length === 0
        ? h('p', { class: 'lead' }, 'No bank is linked.')
        : h('ul', { class: 'rows' }, members.map((member, index) => row(app, member, pictures[index]))),
      agreements(app, consents.filter((it) => !it.revoked_at)),
      actions(button('Link another bank', () => void app.start(app.home), 'second')),
    ],
  };
};

/** What the end user knows it by. */
const nameOf = (member: Member): string => (member.is_manual ? 'Accounts by hand' : member.name);

function row(app: App, member: Member, picture: string | null | undefined): Child {
  const [state, way, open] = standing(app, member);
  const look = way === 'Fix' ? 'warn' : 'soft';
  return item(
    member.is_manual ? h('span', { class: 'logo small' }, icon('pencil')) : logo(picture),
    nameOf(member),
    h('span', { class: look }, state),
    small(way, nameOf(member), open),
    small('Remove', nameOf(member), () => void app.go(remove(member))),
  );
}

/** How a member is, what can be done about it, and how. */
function standing(app: App, member: Member): [string, string, () => void] {
  const { connection_status: status, successfully_aggregated_at: last } = member;
  if (member.is_manual) return ['You keep them up to date', 'Edit', () => void app.go(byHand(member))];
  if (status === Status.CHALLENGED) return ['Waits for you', 'Fix', () => void app.go(challenge(member))];
  if (status === Status.PENDING) return ['Waits for you', 'Fix', () => void app.go(trouble(member))];
  if (member.is_being_aggregated || RUNNING.has(status)) {
    return ['Being read', 'Look', () => void app.go(watching(member, undefined, []))];
  }
  if (status === Status.CONNECTED) {
    return [`Up to date${last ? `, read on ${day(last)}` : ''}`, 'Refresh', () => void app.go(connecting(member))];
  }
  return ['Needs your attention', 'Fix', () => void app.go(trouble(member))];
}

/** Asks before a link is removed. */
export function remove(member: Member): MakeScreen {
  return async (app, signal): Promise<Screen> => {
    const { client_name } = app.session;
    const shared = !member.is_manual && (await app.own.consents()).some((it) => it.revocation?.external_accounts);
    return {
      step: 'remove',
      title: `Remove ${nameOf(member)}?`,
      top: badge('alert', 'bad'),
      body: [
        h(
          'p',
          { class: 'lead' },
          member.is_manual
            ? `Every account that you added by hand is deleted, and ${client_name} sees them no more.`
            : `Your sign-in and everything that was read from ${member.name} is deleted, and ${client_name} sees it no more.`,
        ),
        shared && h('p', { class: 'lead' }, `${client_name} keeps the account numbers that it pays with. To end that too, withdraw what you agreed to.`),
        sure(app, signal, 'Remove', async () => {
          await app.florin.deleteMember(member);
          app.tell('memberDeleted', { member_guid: member.guid });
          if (app.ending.member_guid === member.guid) app.ending = { status: 'cancelled' };
          return () => app.settle(removed(member.is_manual ? 'Your accounts are removed' : `${member.name} is removed`, member.is_manual ? 'What you entered is deleted.' : 'What was read is deleted.'));
        }),
      ],
    };
  };
}

/** A dangerous button and the way back. `act` answers what comes next. */
export function sure(app: App, signal: AbortSignal, text: string, act: () => Promise<() => unknown>): Child {
  const told = h('div', { class: 'errors', role: 'alert', hidden: true });
  let busy = false;
  const run = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      const next = await act();
      if (!signal.aborted) next();
    } catch (error) {
      if (isOver(error, signal)) return;
      told.replaceChildren(icon('alert'), h('p', null, sentence(error)));
      told.hidden = false;
    } finally {
      busy = false;
    }
  };
  return [told, actions(button(text, () => void run(), 'danger'), button('Keep it', () => app.back(), 'second'))];
}

/** What was taken away. */
export function removed(title: string, text: string): MakeScreen {
  return (app) => ({
    step: 'removed',
    title,
    top: badge('check', 'good'),
    body: [
      h('p', { class: 'lead' }, text),
      actions(button('Link a bank', () => void app.start(app.home)), button('Done', () => leave(app), 'second')),
    ],
  });
}
