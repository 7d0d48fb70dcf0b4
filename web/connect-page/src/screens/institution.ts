// One bank: why it cannot be linked, its own sign-in page, or our form for what it asks.
import type { App, MakeScreen, Screen } from '../app.js';
import { form, type Field, type Option } from '../form.js';
import { actions, button, h, icon, logo, note, outside, warning, type Child } from '../dom.js';
import { ConnectError } from '../../../connect-adapter/src/error.js';
import { FieldType } from '../../../connect-adapter/src/codes.js';
import type { Credential, CredentialValue, Institution, Member } from '../../../connect-adapter/src/types.js';
import { connecting } from './connecting.js';
import { oauthButton } from './oauth.js';
import { existing } from './connected.js';
import { otherWays } from './search.js';

/** Chosen in the list. */
export function institution(guid: string): MakeScreen {
  return async (app, signal) => {
    const bank = await app.bank(guid);
    if (bank.is_disabled_by_client) return disabled(app, bank);
    if (bank.supports_oauth) return ownSignIn(app, bank, signal);
    const credentials = await app.florin.getInstitutionCredentials(guid);
    app.tell('enterCredentials', { institution: { guid: bank.guid, code: bank.code } });
    return signIn(app, bank, credentials, signal);
  };
}

/** The form again for a member whose sign-in was refused or has changed. */
export function signInAgain(member: Member, trouble?: string): MakeScreen {
  return async (app, signal) => {
    const [bank, credentials] = await Promise.all([
      app.bank(member.institution_guid),
      app.florin.getMemberCredentials(member.guid),
    ]);
    if (bank.supports_oauth && credentials.length === 0) return ownSignIn(app, bank, signal, member);
    app.tell('updateCredentials', { institution: { guid: bank.guid, code: bank.code }, member_guid: member.guid });
    return signIn(app, bank, credentials, signal, member, trouble);
  };
}

/** The bank's head above a form. */
export function bankHead(bank: Institution): HTMLElement {
  const host = bank.url?.replace(/^https?:\/\/(www\.)?/, '').replace(/\/.*$/, '');
  return h('div', { class: 'bankhead' }, logo(bank.logo_url, 'large'), host && h('span', { class: 'soft' }, host));
}

function disabled(app: App, bank: Institution): Screen {
  return {
    step: 'disabled',
    title: `${bank.name} cannot be linked here`,
    top: bankHead(bank),
    body: [
      h('p', null, `${app.session.client_name} does not take accounts of ${bank.name}.`),
      actions(button('Choose another bank', () => app.back())),
      otherWays(app),
    ],
  };
}

function ownSignIn(app: App, bank: Institution, signal: AbortSignal, member?: Member): Screen {
  return {
    step: 'oauth',
    title: `Continue at ${bank.name}`,
    top: bankHead(bank),
    body: [
      h('p', { class: 'lead' }, `You sign in on the pages of ${bank.name}, in a new window. Your password stays with your bank.`),
      h(
        'ol',
        { class: 'walk' },
        h('li', null, `Sign in at ${bank.name}`),
        h('li', null, `Choose the accounts to share with ${app.session.client_name}`),
        h('li', null, 'Come back here; the window closes by itself'),
      ),
      instructions(bank),
      oauthButton(app, bank, signal, member),
    ],
  };
}

function signIn(
  app: App,
  bank: Institution,
  credentials: Credential[],
  signal: AbortSignal,
  member?: Member,
  trouble?: string,
): Screen {
  const asked = [...credentials].sort((a, b) => a.display_order - b.display_order);
  const onSubmit = async (values: Record<string, string>): Promise<void> => {
    const entered: CredentialValue[] = asked
      .map(({ guid }) => ({ guid, value: values[guid] ?? '' }))
      .filter(({ guid, value }) => value !== '' || !asked.find((it) => it.guid === guid)?.optional);
    if (member) {
      const updated = await app.florin.updateMember({ guid: member.guid, credentials: entered });
      return app.swap(connecting(updated));
    }
    await add(app, bank, entered);
  };
  return {
    step: 'credentials',
    title: `Sign in to ${bank.name}`,
    top: bankHead(bank),
    body: [
      instructions(bank),
      app.session.is_sandbox && warning('This is a test bank: never enter a real password. The user name ', h('code', null, 'demo'), ' with any password works.'),
      form({
        fields: asked.map(entry),
        submit: 'Sign in',
        trouble,
        signal,
        before: h('p', { class: 'assure' }, icon('lock'), h('span', null, 'Encrypted on its way and where it is kept. ', `${app.session.client_name} never sees it.`)),
        onSubmit,
      }),
      recovery(bank),
    ],
  };
}

async function add(app: App, bank: Institution, credentials: CredentialValue[]): Promise<void> {
  try {
    const { member } = await app.florin.addMember({ institution_guid: bank.guid, credentials, is_oauth: false });
    app.tell('memberCreated', { member_guid: member.guid });
    await app.swap(connecting(member));
  } catch (error) {
    if (error instanceof ConnectError && error.response.status === 409 && error.response.data.guid) {
      return app.swap(existing(error.response.data.guid, bank, credentials));
    }
    app.tell('createMemberError', { institution_guid: bank.guid });
    throw error;
  }
}

const TYPES: Partial<Record<number, NonNullable<Field['type']>>> = {
  [FieldType.PASSWORD]: 'password',
  [FieldType.OPTIONS]: 'select',
  [FieldType.CHECKBOX]: 'checkbox',
  [FieldType.RADIO]: 'radio',
  [FieldType.HIDDEN]: 'hidden',
};

/** A credential as a field of the form. */
function entry(credential: Credential): Field {
  const options = (credential.options ?? []).map((it): Option => ({ value: it.value ?? it.guid ?? it.label, label: it.label }));
  const type = TYPES[credential.field_type] ?? 'text';
  const plain = (type === 'select' || type === 'radio') && options.length === 0;
  return {
    name: credential.guid,
    alias: credential.field_name,
    label: credential.label,
    type: plain ? 'text' : type,
    options,
    optional: credential.optional || credential.field_type === FieldType.CHECKBOX,
    ...(credential.field_type === FieldType.TOKEN && { inputmode: 'numeric' as const }),
  };
}

function instructions(bank: Institution): Child {
  const data = bank.instructional_data;
  const steps = data?.steps ?? [];
  if (!data || (!data.title && !data.description && steps.length === 0)) return null;
  return note(
    icon('shield'),
    h(
      'div',
      null,
      data.title && h('strong', null, data.title),
      data.description && h('p', null, data.description),
      steps.length > 0 && h('ol', null, steps.map((step) => h('li', null, step))),
    ),
  );
}

function recovery(bank: Institution): HTMLElement {
  const links: [string | null, string][] = [
    [bank.forgot_username_credential_recovery_url, 'Forgot your user name?'],
    [bank.forgot_password_credential_recovery_url, 'Forgot your password?'],
    [bank.trouble_signing_credential_recovery_url, 'Trouble signing in?'],
  ];
  const shown = links.filter((link): link is [string, string] => Boolean(link[0]));
  return h(
    'ul',
    { class: 'links' },
    shown.map(([href, text]) => h('li', null, outside(href, text))),
  );
}

