// Visits that cannot go on.
import { actions, badge, button, h } from '../dom.js';
import type { MakeScreen } from '../app.js';

/** The session is over. */
export const expired: MakeScreen = (app) => {
  const name = app.session?.client_name;
  const canLeave = Boolean(app.session?.return_url) && window.parent === window;
  return {
    step: 'expired',
    title: 'This visit has ended',
    top: badge('clock', 'plain'),
    body: [
      h('p', { class: 'lead' }, `For your safety a visit lasts an hour at most. What you have linked stays linked. To go on, start again ${name ? `at ${name}` : 'where you came from'}.`),
      canLeave && actions(button(`Back to ${name}`, () => void app.finish({ ...app.ending, status: 'expired' }))),
    ],
  };
};

/** There is no session at all. */
export const unknown: MakeScreen = () => ({
  step: 'unknown',
  title: 'This link does not work',
  top: badge('alert', 'bad'),
  body: [h('p', { class: 'lead' }, 'It is not complete, or it was opened before. Go back to where you came from and start again.')],
});
