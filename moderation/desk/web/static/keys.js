// One key each: an element with data-key is clicked, or focused where it is a field. The keys can be
// turned off, because people who speak to their computer type letters without meaning to.

import { fieldOf, isLeaving, isTooEarly, keyOf, keysAreOn, leave, turnKeys } from "./keyboard.js";

const dialog = document.getElementById("keys");
const toggle = document.getElementById("keys-on");

if (toggle) {
  toggle.checked = keysAreOn();
  toggle.addEventListener("change", () => turnKeys(toggle.checked));
}

// What needs a script is there only with one.
for (const element of document.querySelectorAll("[data-scripted]")) element.hidden = false;

for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}

for (const box of document.querySelectorAll("[data-shows]")) {
  box.addEventListener("change", () => {
    for (const field of document.querySelectorAll(box.dataset.shows)) {
      field.type = box.checked ? "text" : "password";
    }
  });
}

// What a page has to tell first, or what is to be read first, has the focus.
if (document.activeElement === document.body) {
  document.querySelector("[data-focus]")?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (fieldOf(event)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!keysAreOn() || !dialog || dialog.open) return;
  const key = keyOf(event);
  if (key === "?" && !event.repeat) {
    event.preventDefault();
    dialog.showModal();
  } else if (key === "j" || key === "k") {
    move(key === "j" ? 1 : -1);
  } else {
    act(event, key);
  }
});

function act(event, key) {
  const element = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!element) return;
  event.preventDefault();
  if (element.tagName === "BUTTON") {
    if (!isTooEarly() && !event.repeat && !isLeaving() && !element.disabled) element.click();
  } else if (element.tagName === "SUMMARY") {
    element.parentElement.open = true;
    element.parentElement.querySelector("select, input, textarea")?.focus();
  } else {
    element.focus();
  }
}

function move(step) {
  const links = [...document.querySelectorAll("[data-line] .excerpt a")];
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// A page sends one form, however often and whichever buttons are pressed before the next is there;
// the second click of a double one must not decide on what has come under it.
document.addEventListener("submit", (event) => {
  if (event.target.method === "dialog") return;
  if (isLeaving() || (event.submitter?.dataset.key && isTooEarly())) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else {
    leave();
  }
}, { capture: true });

// The menu closes when the person goes elsewhere.
for (const menu of document.querySelectorAll(".menu")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}
