// One key each: an element with data-key is clicked, or focused where it is a field. The keys can be
// turned off, because people who speak to their computer type letters without meaning to.

const STORE = "desk-keys";
const dialog = document.getElementById("keys");
const toggle = document.getElementById("keys-on");
const FIELDS = "input:not([type=hidden]):not([type=checkbox]), textarea, select";

let on = true;
try {
  on = localStorage.getItem(STORE) !== "off";
} catch {
  // Without storage the keys are on.
}
if (toggle) {
  toggle.checked = on;
  toggle.addEventListener("change", () => {
    on = toggle.checked;
    try {
      localStorage.setItem(STORE, on ? "on" : "off");
    } catch {
      // It holds for this page then.
    }
  });
}

for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
  const field = event.target.closest?.(FIELDS);
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  if (!on || !dialog || dialog.open) return;
  if (event.key === "?") {
    event.preventDefault();
    dialog.showModal();
  } else if (event.key === "j" || event.key === "k") {
    move(event.key === "j" ? 1 : -1);
  } else {
    act(event);
  }
});

function act(event) {
  const element = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!element) return;
  event.preventDefault();
  if (element.matches(FIELDS)) {
    element.focus();
  } else if (element.tagName === "SUMMARY") {
    element.parentElement.open = true;
    element.parentElement.querySelector(FIELDS)?.focus();
  } else if (!element.disabled) {
    element.click();
  }
}

function move(step) {
  const links = [...document.querySelectorAll("[data-line] a")];
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// A form is sent once, however often the key is pressed before the next page is there.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

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
