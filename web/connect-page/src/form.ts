// Forms: labels, hints, faults beside the field and in a summary that takes the focus.
import { ConnectError } from '../../connect-adapter/src/error.js';
import { isOver, sentence } from './app.js';
import { button, h, icon, more, type Child } from './dom.js';

/** One thing to pick. */
export interface Option {
  value: string;
  label: string;
  /** Stands below the label. */
  hint?: string | undefined;
  /** A picture, as a `data:` URI or a path of ours. */
  picture?: string | null | undefined;
}

/** One thing to enter. */
export interface Field {
  name: string;
  label: string;
  /** What the server calls it. */
  alias?: string;
  type?: 'text' | 'password' | 'email' | 'select' | 'radio' | 'checkbox' | 'textarea' | 'hidden' | 'file';
  hint?: string | undefined;
  optional?: boolean;
  value?: string | undefined;
  options?: Option[];
  /** Shown above the input. */
  picture?: string | null | undefined;
  inputmode?: 'numeric' | 'decimal';
  autocomplete?: string;
  maxlength?: number;
  /** Half of the width where there is room. */
  half?: boolean;
  prefix?: string | undefined;
  suffix?: string;
  /** Only some want to read it. */
  details?: string | undefined;
  /** The screen's heading asks already: the label is for those who do not see it. */
  quiet?: boolean;
  /** What is wrong with an entry, or nothing. */
  check?: (value: string, all: Record<string, string>) => string | undefined | false;
}

/** Refuses an entry: `fields` names the wrong ones. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly fields: Record<string, string> = {},
  ) {
    super(message);
  }
}

export interface Form {
  fields: Field[];
  /** Above the fields. */
  heading?: string | undefined;
  submit: string;
  /** Beside the button. */
  beside?: Child;
  /** Between fields and button. */
  before?: Child;
  /** Told when the form is first shown, as after a refused sign-in. */
  trouble?: string | undefined;
  signal: AbortSignal;
  onSubmit: (values: Record<string, string>) => Promise<unknown> | unknown;
}

const CHECK = 'Check what you entered';
let made = 0;

/** The form's element. */
export function form(spec: Form): HTMLFormElement {
  made += 1;
  const prefix = `f${made}-`;
  const summary = h('div', { class: 'errors', role: 'alert', tabindex: -1, hidden: true });
  const submit = h('button', { type: 'submit' }, spec.submit);
  const element = h(
    'form',
    { novalidate: true, autocomplete: 'off', onsubmit: (event) => (event.preventDefault(), void send()) },
    summary,
    spec.heading && h('h2', null, spec.heading),
    h('div', { class: 'fields' }, spec.fields.map((field) => row(field, prefix))),
    spec.before,
    h('div', { class: 'actions' }, submit, spec.beside),
  );
  if (spec.trouble) summarise(summary, spec.trouble, {}, spec.fields, prefix);
  let busy = false;

  async function send(): Promise<void> {
    if (busy) return;
    const values = valuesOf(element, spec.fields, prefix);
    const faults = faultsOf(spec.fields, values);
    mark(element, spec.fields, faults, prefix);
    if (Object.keys(faults).length > 0) return tellFaults(CHECK, faults);
    summary.hidden = true;
    busy = true;
    submit.setAttribute('aria-disabled', 'true');
    submit.classList.add('working');
    try {
      await spec.onSubmit(values);
    } catch (error) {
      if (isOver(error, spec.signal)) return;
      const { message, fields } = refusal(error, spec.fields);
      mark(element, spec.fields, fields, prefix);
      tellFaults(message, fields);
    } finally {
      busy = false;
      submit.removeAttribute('aria-disabled');
      submit.classList.remove('working');
    }
  }

  function tellFaults(message: string, faults: Record<string, string>): void {
    summarise(summary, message, faults, spec.fields, prefix);
    if (!document.title.startsWith('Error: ')) document.title = `Error: ${document.title}`;
    summary.focus();
  }

  return element;
}

function refusal(error: unknown, fields: Field[]): { message: string; fields: Record<string, string> } {
  if (error instanceof Refused) return error;
  const message = sentence(error);
  const given = error instanceof ConnectError ? (error.response.data.fields ?? {}) : {};
  const faults: Record<string, string> = {};
  for (const [name, text] of Object.entries(given)) {
    // Credentials are named `credentials.LOGIN`, answers `credentials.CRD-...`.
    const short = name.replace(/^credentials\./, '');
    const field = fields.find((it) => it.name === short || it.alias === short);
    if (field) faults[field.name] = [text].flat()[0] ?? message;
  }
  return { message: Object.keys(faults).length > 0 ? CHECK : message, fields: faults };
}

function summarise(
  summary: HTMLElement,
  message: string,
  faults: Record<string, string>,
  fields: Field[],
  prefix: string,
): void {
  const items = Object.entries(faults).map(([name, text]) => {
    const focus = (event: Event): void => {
      event.preventDefault();
      firstInput(prefix, fields.find((field) => field.name === name)!)?.focus();
    };
    return h('li', null, h('a', { href: `#${prefix}${name}`, onclick: focus }, text));
  });
  summary.hidden = false;
  summary.replaceChildren(icon('alert'), h('div', null, h('p', null, message), items.length > 0 && h('ul', null, items)));
}

function firstInput(prefix: string, field: Field): HTMLElement | null {
  const radio = field.type === 'radio' ? '-0' : '';
  return document.getElementById(prefix + field.name + radio);
}

function row(field: Field, prefix: string): HTMLElement {
  const id = prefix + field.name;
  const hint = field.hint ? h('span', { class: 'hint', id: `${id}-hint` }, field.hint) : null;
  const fault = h('span', { class: 'fault', id: `${id}-fault`, hidden: true });
  const optional = field.optional && field.type !== 'checkbox' ? h('span', { class: 'optional' }, ' (optional)') : null;
  const look = `field${field.half ? ' half' : ''}`;
  const picture = field.picture ? h('img', { class: 'question', src: field.picture, alt: 'The picture that your bank asks about' }) : null;
  if (field.type === 'hidden') return h('input', { type: 'hidden', id, value: field.value ?? '' });
  if (field.type === 'radio') {
    const described = [hint && hint.id].filter(Boolean).join(' ') || null;
    return h(
      'fieldset',
      { class: look, id, 'aria-describedby': described },
      h('legend', { class: field.quiet ? 'sr' : null }, field.label, optional),
      hint,
      fault,
      picture,
      h('div', { class: field.options?.some((it) => it.picture) ? 'choices pictures' : 'choices' }, choices(field, id)),
    );
  }
  const described = [hint?.id].filter(Boolean).join(' ') || null;
  if (field.type === 'checkbox') {
    const box = h('input', { type: 'checkbox', id, 'aria-describedby': described, checked: field.value === 'true' });
    const label = h('label', { class: 'choice', for: id }, box, h('span', null, field.label, hint));
    if (!field.details) return h('div', { class: look }, fault, label);
    return h('div', { class: look }, fault, h('div', { class: 'boxed' }, label, more(field.label, field.details)));
  }
  return h('div', { class: look }, h('label', { for: id }, field.label, optional), hint, fault, picture, input(field, id, described));
}

function choices(field: Field, id: string): Child[] {
  return (field.options ?? []).map((option, index) => {
    const radio = h('input', {
      type: 'radio',
      id: `${id}-${index}`,
      name: id,
      value: option.value,
      checked: field.value === option.value,
    });
    const picture = option.picture ? h('img', { src: option.picture, alt: '' }) : null;
    const text = h('span', null, option.label, option.hint && h('span', { class: 'hint' }, option.hint));
    return h('label', { class: 'choice' }, radio, picture, text);
  });
}

function input(field: Field, id: string, described: string | null): HTMLElement {
  const common = {
    id,
    name: field.name,
    'aria-describedby': described,
    'aria-required': field.optional ? null : 'true',
    autocomplete: field.autocomplete ?? 'off',
  };
  if (field.type === 'select') {
    const empty = field.value === undefined && h('option', { value: '' }, 'Choose one');
    const options = field.options?.map((it) => h('option', { value: it.value, selected: it.value === field.value }, it.label));
    return h('select', common, empty, options);
  }
  const limits = { maxlength: field.maxlength ?? 500, spellcheck: 'false', autocapitalize: 'none' };
  if (field.type === 'textarea') return h('textarea', { ...common, ...limits, maxlength: 5000, rows: 5, spellcheck: 'true' });
  const box = h('input', {
    ...common,
    ...limits,
    type: field.type ?? 'text',
    inputmode: field.inputmode,
    value: field.value,
    class: field.inputmode ? 'digits' : null,
  });
  if (field.type === 'password') return withReveal(box, field.label);
  if (!field.prefix && !field.suffix) return box;
  const unit = (text: string | undefined, look: string): Child => text && h('span', { class: look, 'aria-hidden': 'true' }, text);
  return h('div', { class: 'united' }, unit(field.prefix, 'prefix'), box, unit(field.suffix, 'suffix'));
}

/** A password that can be looked at while it is entered. */
function withReveal(box: HTMLInputElement, label: string): HTMLElement {
  const toggle = button(icon('eye'), () => {
    const shown = box.type === 'password';
    box.type = shown ? 'text' : 'password';
    toggle.replaceChildren(icon(shown ? 'conceal' : 'eye'));
    toggle.setAttribute('aria-label', `${shown ? 'Hide' : 'Show'} ${label}`);
  }, 'reveal');
  toggle.setAttribute('aria-label', `Show ${label}`);
  return h('div', { class: 'revealing' }, box, toggle);
}

function valuesOf(element: HTMLFormElement, fields: Field[], prefix: string): Record<string, string> {
  const value = (field: Field): string => {
    const id = prefix + field.name;
    if (field.type === 'radio') {
      const radios = [...element.querySelectorAll<HTMLInputElement>('input[type=radio]')];
      return radios.find((radio) => radio.name === id && radio.checked)?.value ?? '';
    }
    const box = element.querySelector<HTMLInputElement>(`#${CSS.escape(id)}`);
    if (field.type === 'checkbox') return box?.checked ? 'true' : '';
    const text = box?.value ?? '';
    return field.type === 'password' ? text : text.trim();
  };
  return Object.fromEntries(fields.map((field) => [field.name, value(field)]));
}

function faultsOf(fields: Field[], values: Record<string, string>): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const field of fields) {
    const value = values[field.name] ?? '';
    if (field.type === 'hidden') continue;
    if (value === '' && !field.optional) faults[field.name] = missing(field);
    else if (value !== '') {
      const fault = field.check?.(value, values);
      if (fault) faults[field.name] = fault;
    }
  }
  return faults;
}

function missing(field: Field): string {
  const label = /^[A-Z][a-z]/.test(field.label) ? field.label[0]!.toLowerCase() + field.label.slice(1) : field.label;
  if (/[?]$/.test(field.label) || field.label.length > 40) return 'Give an answer';
  if (field.type === 'radio' || field.type === 'select') return `Choose the ${label}`;
  if (field.type === 'checkbox') return 'Tick the box to go on';
  return `Enter ${/^(your|the|a) /.test(label) ? label : `the ${label}`}`;
}

function mark(element: HTMLFormElement, fields: Field[], faults: Record<string, string>, prefix: string): void {
  for (const field of fields.filter((it) => it.type !== 'hidden')) {
    const id = prefix + field.name;
    const text = faults[field.name];
    const told = element.querySelector<HTMLElement>(`#${CSS.escape(id)}-fault`)!;
    told.hidden = !text;
    told.textContent = text ?? '';
    told.closest('.field')?.classList.toggle('bad', Boolean(text));
    const box = element.querySelector<HTMLElement>(`#${CSS.escape(id)}`)!;
    const described = [field.hint && `${id}-hint`, text && `${id}-fault`].filter(Boolean).join(' ');
    if (described) box.setAttribute('aria-describedby', described);
    else box.removeAttribute('aria-describedby');
    if (field.type !== 'radio') box.setAttribute('aria-invalid', String(Boolean(text)));
  }
}
