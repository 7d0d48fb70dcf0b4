// Good ends: linked, being linked, linked before.
import type { MakeScreen, Screen } from '../app.js';
import { actions, badge, button, day, facts, h } from '../dom.js';
import { ConnectionStatus as Status } from '../../../connect-adapter/src/codes.js';
import type { CredentialValue, Institution, Member } from '../../../connect-adapter/src/types.js';
import { connecting } from './connecting.js';
import { leave } from './consent.js';
import { bankHead, signInAgain } from './institution.js';
import { remove } from './manage.js';

/** As many accounts are shown. */
const ACCOUNTS_MAX = 5;

/** The member is linked. */
export function connected(member: Member): MakeScreen {
  return async (app): Promise<Screen> => {
    const { mode, client_name } = app.session;
    const accounts = await app.own.accounts(member.guid).catch(() => []);
    app.ending = { status: 'connected', member_guid: member.guid };
    app.tell('memberConnected', { member_guid: member.guid, institution_guid: member.institution_guid, name: member.name });
    const verified = mode === 'verification';
    return {
      step: 'connected',
      busy: true,
      title: verified ? 'Your account is verified' : `${member.name} is linked`,
      top: badge('check', 'good'),
      body: [
        h(
          'p',
          { class: 'lead' },
          verified
            ? `${client_name} can now use your account at ${member.name}. No small deposits are needed.`
            : `${client_name} can now read your accounts at ${member.name} and keeps them up to date.`,
        ),
        accounts.length > 0 &&
          facts(
            ...accounts.slice(0, ACCOUNTS_MAX).map((it): [string, string] => [it.name, `•••• ${it.account_number?.slice(-4) ?? ''}`]),
            accounts.length > ACCOUNTS_MAX && ['And', `${accounts.length - ACCOUNTS_MAX} more`],
          ),
        actions(
          button(client_name.length > 24 ? 'Done' : `Back to ${client_name}`, () => leave(app)),
          button('Link another bank', () => void app.start(app.home), 'second'),
        ),
      ],
    };
  };
}

/** It takes longer than the end user wants to wait; work goes on. */
export function pending(member: Member): MakeScreen {
  return (app): Screen => {
    app.ending = { status: 'pending', member_guid: member.guid };
    app.tell('memberPending', { member_guid: member.guid });
    return {
      step: 'pending',
      title: `We keep working on ${member.name}`,
      top: badge('clock', 'plain'),
      body: [
        h('p', { class: 'lead' }, `Your bank takes its time. You can close this page; ${app.session.client_name} sees your accounts when they are ready. If your bank asks something in between, come back here.`),
        actions(
          button('Done', () => leave(app)),
          button('Look again', () => void app.swap(connecting(member)), 'second'),
        ),
      ],
    };
  };
}

/** The bank was linked before. With credentials, a link that does not work is tried again with them at once. */
export function existing(guid: string, bank: Institution, credentials: CredentialValue[] = []): MakeScreen {
  return async (app, signal) => {
    const member = await app.florin.loadMemberByGuid(guid);
    if (member.connection_status !== Status.CONNECTED && credentials.length > 0) {
      const updated = await app.florin.updateMember({ guid, credentials });
      return connecting(updated)(app, signal);
    }
    const last = member.successfully_aggregated_at;
    return {
      step: 'existing',
      title: `You have linked ${bank.name} already`,
      top: bankHead(bank),
      body: [
        facts(['Bank', member.name], last ? ['Last read', day(last)] : false),
        actions(
          button('Use this link', () => void app.swap(connecting(member))),
          button('Sign in again', () => void app.swap(signInAgain(member)), 'second'),
          button('Remove it', () => void app.go(remove(member)), 'quiet'),
        ),
      ],
    };
  };
}
