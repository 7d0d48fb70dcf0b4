// What every test of a page shares: the browser, the sizes and schemes that pages are looked at in, and the look itself.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

/** How long the slowest thing may take: only who waits in vain waits for so long. */
const PATIENCE_MS = 120_000;

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

export const LOOKS = {
  'desktop-light': { ...DESKTOP, colorScheme: 'light' },
  'desktop-dark': { ...DESKTOP, colorScheme: 'dark' },
  'phone-light': { ...PHONE, colorScheme: 'light' },
  // The smallest phone that is still about.
  'phone-dark': { ...PHONE, viewport: { width: 320, height: 640 }, colorScheme: 'dark' },
};

const shots = process.env.SHOTS ?? mkdtempSync(join(tmpdir(), 'florin-shots-'));
mkdirSync(shots, { recursive: true });

/** Starts the Chromium that is installed here. */
export function launch() {
  console.log(`screenshots: ${shots}`);
  return chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
}

function chromiumPath() {
  const given = process.env.FLORIN_TEST_CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const places = (process.env.PATH ?? '').split(':').flatMap((dir) => names.map((name) => join(dir, name)));
  const found = given ?? places.find((path) => existsSync(path));
  if (!found) throw new Error('no Chromium found: install it, or name it in FLORIN_TEST_CHROMIUM');
  return found;
}

/** A browser of its own, which gives a busy machine the time that it needs. */
export async function newContext(browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/**
 * Takes a picture of a page or of a part of it, for people to look at. No test reads it: a busy machine's Chromium is now
 * and then unable to take one, which is said and fails nothing.
 */
export async function picture(shown, name, options = {}) {
  try {
    await shown.screenshot({ path: join(shots, `${name}.png`), ...options });
  } catch (error) {
    console.log(`no picture of ${name}: ${error.message.split('\n')[0]}`);
  }
}

/** Looks at a page as a person would, and as a screen reader would; `rules` are axe's, to switch some off. */
export async function look(page, name, rules = {}) {
  await picture(page, name, { fullPage: true });
  const width = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(width <= 0, `${name} is ${width} pixels too wide`);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((rules) => window.axe.run(document, { rules }), rules);
  const told = violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target).join(', ')}`);
  assert.deepEqual(told, [], name);
}
