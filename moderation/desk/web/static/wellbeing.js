// Texts that are blurred until asked for, and the reminder to pause.

// Without this script, a blurred text is shown while it has the focus. With it, the text stays shown
// once it was asked for, and is read out no sooner.
const button = document.getElementById("unveil");

for (const veiled of document.querySelectorAll(".veiled")) {
  const named = veiled.matches("[data-veiled]") ? veiled : veiled.querySelector("[data-veiled]");
  const label = named.getAttribute("aria-label");
  const labelled = named.getAttribute("aria-labelledby");
  named.removeAttribute("aria-labelledby");
  named.setAttribute("aria-label", named.dataset.veiled);
  for (const child of named.children) child.ariaHidden = "true";

  const show = () => {
    if (!veiled.classList.contains("veiled")) return;
    veiled.classList.remove("veiled");
    for (const child of named.children) child.removeAttribute("aria-hidden");
    if (label === null) named.removeAttribute("aria-label");
    else named.setAttribute("aria-label", label);
    if (labelled !== null) named.setAttribute("aria-labelledby", labelled);
    if (veiled.id === "passage" && button) button.closest("p").hidden = true;
  };

  veiled.addEventListener("focusin", show);
  // The first click shows the text; it follows no link.
  veiled.addEventListener("pointerdown", () => {
    if (!veiled.classList.contains("veiled")) return;
    const once = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    veiled.addEventListener("click", once, { capture: true, once: true });
    setTimeout(() => veiled.removeEventListener("click", once, { capture: true }), 1000);
    show();
  }, { capture: true });
}

button?.addEventListener("click", () => document.getElementById("passage").focus());

// The reminder counts the time in which somebody reviews, over all pages of this browser. Who does
// nothing for a while pauses already.
const pause = document.getElementById("pause");
const REST = 5 * 60_000;
const EACH = 10_000;

if (pause && document.querySelector("#ruling, #picked")) {
  const note = pause.querySelector(".pause");
  const wait = Number(pause.dataset.minutes) * 60_000;
  const store = `desk-reviewing-${pause.dataset.person}`;
  let times = { since: Date.now(), last: Date.now() };
  try {
    const kept = JSON.parse(localStorage.getItem(store));
    if (Number.isFinite(kept?.since) && Number.isFinite(kept?.last)) times = kept;
  } catch {
    // The time is counted from here on.
  }

  const keep = () => {
    try {
      localStorage.setItem(store, JSON.stringify(times));
    } catch {
      // It is counted on this page alone then.
    }
  };
  const begin = (now) => {
    times = { since: now, last: now };
    note.hidden = true;
    keep();
  };
  const work = () => {
    const now = Date.now();
    if (now - times.last >= REST || now < times.last) begin(now);
    else times.last = now;
    keep();
  };
  const look = () => {
    if (Date.now() - times.last < REST && times.last - times.since >= wait) note.hidden = false;
  };

  for (const kind of ["keydown", "pointerdown", "wheel", "input"]) {
    addEventListener(kind, work, { capture: true, passive: true });
  }
  work();
  look();
  setInterval(look, EACH);
  note.querySelector("button").addEventListener("click", () => begin(Date.now()));
}
