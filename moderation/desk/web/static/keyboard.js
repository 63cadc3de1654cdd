// What the desk's scripts know of a key, and of a page that is about to be left.

const REST = 300;
const STOPPED = 8000;

const IN_FIELDS = "input:not([type=hidden]):not([type=checkbox]), textarea, select";

// The letter or digit that a key stands for. A Khmer keyboard has other letters on it: there the
// key's place counts.
export function keyOf(event) {
  const shifted = event.shiftKey;
  if (/^[a-z0-9/?]$/i.test(event.key)) return event.key;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  if (digit && !shifted) return digit[1];
  if (!/[^\0-\x7f]/.test(event.key)) return event.key;
  const letter = /^Key([A-Z])$/.exec(event.code);
  if (letter) return shifted ? letter[1] : letter[1].toLowerCase();
  return event.code === "Slash" ? (shifted ? "?" : "/") : event.key;
}

export function fieldOf(event) {
  return event.target.closest?.(IN_FIELDS) ?? null;
}

// Keys that act can be turned off; without storage they are on.
const STORE = "desk-keys";
let on = true;
try {
  on = localStorage.getItem(STORE) !== "off";
} catch {
  // They are on.
}

export function keysAreOn() {
  return on;
}

export function turnKeys(wanted) {
  on = wanted;
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // It holds for this page then.
  }
}

// A page that is being left takes nothing more: what is pressed then was meant for what is seen.
let leaving = false;
let stopped;

export function isLeaving() {
  return leaving;
}

export function leave() {
  leaving = true;
  clearTimeout(stopped);
  // Somebody may have stopped the browser.
  stopped = setTimeout(stay, STOPPED);
}

export function stay() {
  leaving = false;
}

// A key that is held, or pressed twice, must not decide on the comment that comes next as well: a
// new page decides nothing until it was left alone for a moment.
let restless = performance.now() + REST;

export function isTooEarly() {
  const early = performance.now() < restless;
  if (early) restless = performance.now() + REST;
  return early;
}

addEventListener("pageshow", () => {
  stay();
  restless = performance.now() + REST;
});
