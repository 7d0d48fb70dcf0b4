// Elements without markup in strings: nothing that a server or an end user sends can become HTML.

export type Child = Node | string | number | null | undefined | false | Child[];
type Handlers = { [Name in keyof HTMLElementEventMap as `on${Name}`]?: (event: HTMLElementEventMap[Name]) => void };
export type Attributes = Handlers & { [name: string]: unknown };

/** An element with attributes (`true` is present, `false` and `null` are absent), handlers (`onclick`...) and children. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes?: Attributes | null,
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(parent: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child !== null && child !== undefined && child !== false) {
      parent.append(typeof child === 'number' ? String(child) : child);
    }
  }
}

const ICONS = {
  alert: 'M12 8v5m0 3v.01M10.3 4.2 2.9 17a2 2 0 0 0 1.7 3h14.8a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0Z',
  back: 'M15 5l-7 7 7 7',
  bank: 'M4 10h16M12 3 4 7.5V10h16V7.5L12 3ZM6 10v7m4-7v7m4-7v7m4-7v7M4 20h16M4 17h16',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  close: 'M6 6l12 12M18 6L6 18',
  coins: 'M9 14a5 5 0 1 0 0-10 5 5 0 0 0 0 10Zm6.5-4.9a5 5 0 1 1-6.4 6.4',
  conceal: 'M4 4l16 16M9.5 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-3 3.7M6 7.5A15 15 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 3.6-.7M10 9.8a3 3 0 0 0 4.2 4.2',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M6 11h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1Z',
  next: 'M9 5l7 7-7 7',
  open: 'M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5',
  pencil: 'M4 20l1-4L16 5l3 3L8 19l-4 1Z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 4.5 4.5',
  shield: 'M12 3l7 3v5c0 4.5-3 8-7 10-4-2-7-5.5-7-10V6l7-3Zm-3 9 2.2 2.2L15.5 10',
  undo: 'M4 9h10a5 5 0 0 1 0 10H9M4 9l4-4M4 9l4 4',
} as const;

/** A drawing that screen readers do not see. */
export function icon(name: keyof typeof ICONS): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const path = document.createElementNS(space, 'path');
  for (const [key, value] of [['viewBox', '0 0 24 24'], ['class', 'icon'], ['aria-hidden', 'true']] as const) {
    svg.setAttribute(key, value);
  }
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that does something. */
export function button(text: Child, onclick: (event: MouseEvent) => void, look = ''): HTMLButtonElement {
  return h('button', { type: 'button', class: look || null, onclick }, text);
}

/** A link to another site, in a window of its own that cannot reach this one. */
export function outside(href: string, text: string, look = ''): HTMLElement | string {
  if (!/^https?:\/\//.test(href)) return text;
  const attributes = { href, target: '_blank', rel: 'noopener noreferrer', class: look || null };
  return h('a', attributes, text, h('span', { class: 'sr' }, ' (opens in a new window)'));
}

/** A row of buttons. */
export function actions(...children: Child[]): HTMLElement {
  return h('div', { class: 'actions' }, children);
}

/** A round sign above a heading. */
export function badge(name: Parameters<typeof icon>[0], look: 'good' | 'bad' | 'plain'): HTMLElement {
  return h('div', { class: `badge ${look}` }, icon(name));
}

/** A bank's logo; its drawing where it has none. */
export function logo(url: string | null | undefined, size: 'small' | 'large' = 'small'): HTMLElement {
  const side = size === 'small' ? 40 : 56;
  const drawn = (): HTMLElement => h('span', { class: `logo ${size}` }, icon('bank'));
  if (!url) return drawn();
  const image = h('img', { class: `logo ${size}`, src: url, alt: '', width: side, height: side });
  image.addEventListener('error', () => image.replaceWith(drawn()));
  return image;
}

/** A fact and what it is. */
export function facts(...rows: ([string, Child] | false)[]): HTMLElement {
  const shown = rows.filter((row) => row !== false);
  return h('dl', { class: 'facts' }, shown.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))));
}

/** A notice within a screen. */
export function note(...children: Child[]): HTMLElement {
  return h('div', { class: 'note' }, children);
}

/** A notice of something to beware of. */
export function warning(...children: Child[]): HTMLElement {
  return h('div', { class: 'note beware' }, icon('alert'), h('p', null, children));
}

/** What only some want to read; `about` tells those who do not see the screen what it is about. */
export function more(about: string, text: string): HTMLElement {
  return h('details', null, h('summary', null, 'Details', h('span', { class: 'sr' }, `: ${about}`)), h('p', null, text));
}

/** Something in a list, with what can be done about it. */
export function item(sign: Child, name: Child, state: Child, ...does: Child[]): HTMLElement {
  return h('li', null, sign, h('div', { class: 'name' }, name, state), h('div', { class: 'does' }, does));
}

/** A button within a list; `about` tells those who do not see the screen which row it is of. */
export function small(text: string, about: string, onclick: () => void): HTMLButtonElement {
  return button([text, h('span', { class: 'sr' }, ` ${about}`)], onclick, 'link');
}

/** Resolves after a time; at once when the signal aborts. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** A moment, as people write it. */
export function day(moment: string | number, more: Intl.DateTimeFormatOptions = {}): string {
  const date = new Date(typeof moment === 'number' ? moment * 1000 : moment);
  if (Number.isNaN(date.getTime())) return '';
  return date.toLocaleDateString(undefined, { day: 'numeric', month: 'long', year: 'numeric', ...more });
}
