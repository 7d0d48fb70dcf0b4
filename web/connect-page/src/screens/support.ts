// Asking for help.
import type { MakeScreen, Screen } from '../app.js';
import { actions, badge, button, h } from '../dom.js';
import { form } from '../form.js';

export const isEmail = (text: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);

/** A message to those who help the end users of the partner. */
export function support(): MakeScreen {
  return (app, signal): Screen => ({
    step: 'support',
    title: 'How can we help?',
    body: [
      h('p', { class: 'lead' }, 'Tell us what went wrong. Never send us a password or a code.'),
      form({
        fields: [
          {
            name: 'email',
            label: 'Your email address',
            type: 'email',
            autocomplete: 'email',
            value: app.session.user.email ?? '',
            check: (value) => !isEmail(value) && 'Enter an email address, like ada@example.com',
          },
          { name: 'title', label: 'What is it about?', maxlength: 200 },
          { name: 'message', label: 'Your message', type: 'textarea' },
        ],
        submit: 'Send',
        signal,
        onSubmit: async ({ email = '', title = '', message = '' }) => {
          await app.florin.createSupportTicket({ email, title, message });
          app.tell('supportRequested');
          await app.swap(sent(email));
        },
      }),
    ],
  });
}

function sent(email: string): MakeScreen {
  return (app) => ({
    step: 'support-sent',
    title: 'Message sent',
    top: badge('check', 'good'),
    body: [
      h('p', { class: 'lead' }, `${app.session.client_name} answers to ${email}.`),
      actions(button('Go on', () => app.back())),
    ],
  });
}
