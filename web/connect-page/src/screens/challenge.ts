// What the bank asks beyond user name and password.
import type { MakeScreen } from '../app.js';
import { form, type Field } from '../form.js';
import { h } from '../dom.js';
import { ConnectionStatus as Status, FieldType, type Code, type JobType } from '../../../connect-adapter/src/codes.js';
import type { Challenge, Member } from '../../../connect-adapter/src/types.js';
import { bankHead } from './institution.js';
import { watching } from './connecting.js';

/** Marks the choice of one account. */
const ACCOUNT_PICKER = 'single_account_select';

/** The member's questions, and what runs after they are answered. */
export function challenge(member: Member, jobs: Code<typeof JobType>[] = []): MakeScreen {
  return async (app, signal) => {
    const bank = await app.bank(member.institution_guid);
    const asked = member.mfa?.credentials ?? [];
    const picks = asked.some((it) => it.external_id === ACCOUNT_PICKER);
    app.tell('mfa', { member_guid: member.guid });
    const onSubmit = async (values: Record<string, string>): Promise<void> => {
      const credentials = asked.map(({ guid }) => ({ guid, value: values[guid] ?? '' }));
      const answered = await app.florin.updateMFA({ guid: member.guid, credentials });
      app.tell('submitMFA', { member_guid: member.guid });
      // What is left runs when this job is done.
      await app.swap(watching(answered, undefined, jobs));
    };
    const refused = member.connection_status === Status.REJECTED;
    return {
      step: 'challenge',
      title: picks ? `Which account may ${app.session.client_name} use?` : `${bank.name} wants to be sure that it is you`,
      top: bankHead(bank),
      body: [
        !picks && h('p', { class: 'lead' }, 'Your bank asks:'),
        form({
          fields: asked.map((it) => ({ ...question(it), quiet: picks && asked.length === 1 })),
          submit: 'Continue',
          trouble: refused ? (member.error?.user_message ?? 'Your bank did not take that answer. Try again.') : undefined,
          signal,
          onSubmit,
        }),
      ],
    };
  };
}

function question(asked: Challenge): Field {
  const { field_type, options } = asked;
  const choice = options?.length > 0;
  const picture = asked.meta_data?.startsWith('data:image/') ? asked.meta_data : undefined;
  const isCode = field_type === FieldType.TOKEN;
  return {
    name: asked.guid,
    label: asked.label,
    type: choice ? 'radio' : field_type === FieldType.PASSWORD ? 'password' : 'text',
    picture,
    ...(isCode && { autocomplete: 'one-time-code', inputmode: 'numeric' as const, maxlength: 12 }),
    options: (options ?? []).map((option) => ({
      value: option.guid,
      label: option.label,
      picture: option.data_uri?.startsWith('data:image/') ? option.data_uri : undefined,
    })),
  };
}
