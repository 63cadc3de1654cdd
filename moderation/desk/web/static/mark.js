// Evidence, marked by a person. The page gives each run of the text its offset in code points of the
// whole text; here selections become offsets, and offsets become marks. Text is only set as text.

const passage = document.getElementById("passage");
const bar = document.getElementById("marking");
const panel = document.getElementById("evidence");
const known = document.getElementById("known");
const field = document.getElementById("spans");
const open = Boolean(panel?.dataset.open && field);

const points = (text) => Array.from(text);

// What the text is made of: runs of characters, and single characters that are shown by name.
const atoms = [...(passage?.querySelectorAll("[data-start]") ?? [])].map((element) => ({
  start: Number(element.dataset.start),
  odd: element.dataset.odd,
  text: "odd" in element.dataset ? ["\ufffd"] : points(element.textContent),
}));

const parts = (known?.dataset.spans ?? "").split(";").filter(Boolean);
const first = parts.map((part) => {
  const [start, end, attribute] = part.split(",");
  return { start: Number(start), end: Number(end), attribute };
});
let spans = [...first];
let changed = false;

if (passage) {
  draw();
  if (open) {
    document.addEventListener("selectionchange", showBar);
    passage.addEventListener("keydown", moveByKey);
    document.addEventListener("keydown", begin);
    bar.addEventListener("keydown", choose);
    for (const button of bar.querySelectorAll("button")) {
      // The selection must outlive the press.
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => add(button.dataset.attribute));
    }
  }
}

function title(attribute) {
  return known.getAttribute(`data-title-${attribute}`) ?? attribute;
}

function draw() {
  const edges = new Set(spans.flatMap(({ start, end }) => [start, end]));
  passage.replaceChildren(...atoms.flatMap((atom) => runs(atom, edges)));
  let last = null;
  for (const mark of passage.querySelectorAll("mark")) {
    // The name stands once, behind the last run of the same evidence.
    if (last && last.nextElementSibling === mark && last.dataset.attributes === mark.dataset.attributes) {
      delete last.dataset.tag;
    }
    mark.dataset.tag = mark.dataset.attributes.split(" ").map(title).join(" · ");
    last = mark;
  }
  if (panel) list();
}

function runs(atom, edges) {
  const cuts = [0];
  for (let at = 1; at < atom.text.length; at += 1) if (edges.has(atom.start + at)) cuts.push(at);
  cuts.push(atom.text.length);
  return cuts.slice(1).map((end, place) => run(atom, cuts[place], end));
}

function run(atom, from, to) {
  const start = atom.start + from;
  const over = spans.filter((span) => span.start < atom.start + to && span.end > start);
  const element = document.createElement(over.length ? "mark" : "span");
  element.dataset.start = start;
  if (over.length) {
    const names = [...new Set(over.map((span) => span.attribute))];
    element.dataset.attributes = names.join(" ");
    element.classList.toggle("more", names.length > 1);
  }
  if (atom.odd === undefined) {
    element.textContent = atom.text.slice(from, to).join("");
  } else {
    element.classList.add("odd");
    element.dataset.odd = atom.odd;
  }
  return element;
}

function list() {
  panel.hidden = spans.length === 0 && !changed;
  panel.querySelector("ul").replaceChildren(...spans.map(row));
  panel.querySelector("#reset")?.remove();
  if (changed) panel.append(button(panel.dataset.back, reset, "reset"));
  if (field) field.value = changed ? JSON.stringify(spans.map((s) => [s.start, s.end, s.attribute])) : "";
}

function row(span) {
  const item = document.createElement("li");
  const words = document.createElement("bdi");
  words.textContent = shown(span);
  item.append(words, ` ${title(span.attribute)} `);
  if (open) item.append(button(panel.dataset.remove, () => set(spans.filter((each) => each !== span))));
  return item;
}

function shown(span) {
  const inside = atoms.flatMap((atom) =>
    atom.odd === undefined ? atom.text.slice(Math.max(0, span.start - atom.start), Math.max(0, span.end - atom.start)) : [],
  );
  const text = inside.slice(0, 60).join("");
  return text ? `“${text}${inside.length > 60 ? "…" : ""}”` : `${span.start} – ${span.end}`;
}

function button(words, act, id) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  if (id) made.id = id;
  made.addEventListener("click", act);
  return made;
}

function set(next) {
  spans = [...next].sort((a, b) => a.start - b.start || a.end - b.end);
  changed = true;
  draw();
}

function reset() {
  spans = [...first];
  changed = false;
  draw();
  passage.focus();
}

function add(attribute) {
  const chosen = selected();
  if (!chosen) return;
  const span = { ...chosen, attribute };
  const same = (each) => each.attribute === attribute && each.start < span.end && each.end > span.start;
  const joined = spans.filter(same).reduce(
    (all, each) => ({ ...all, start: Math.min(all.start, each.start), end: Math.max(all.end, each.end) }),
    span,
  );
  getSelection().removeAllRanges();
  set([...spans.filter((each) => !same(each)), joined]);
  panel.querySelector("[role=status]").textContent = `${title(attribute)}: ${shown(joined)}`;
  passage.focus();
}

// The selection's offsets into the whole text, without blanks at its ends.
function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!passage.contains(range.startContainer) || !passage.contains(range.endContainer)) return null;
  const text = atoms.flatMap((atom) => atom.text);
  const base = Number(passage.dataset.start);
  let start = offset(range.startContainer, range.startOffset);
  let end = offset(range.endContainer, range.endOffset);
  while (start < end && /\s/u.test(text[start - base])) start += 1;
  while (end > start && /\s/u.test(text[end - 1 - base])) end -= 1;
  return start < end ? { start, end } : null;
}

function offset(node, at) {
  if (node.nodeType === Node.TEXT_NODE) {
    return Number(node.parentElement.dataset.start) + points(node.data.slice(0, at)).length;
  }
  if (node === passage) {
    const next = passage.children[at];
    return Number(next ? next.dataset.start : passage.dataset.end);
  }
  const start = Number(node.dataset.start);
  return at === 0 ? start : start + ("odd" in node.dataset ? 1 : points(node.textContent).length);
}

function showBar() {
  bar.hidden = selected() === null;
}

// By keyboard: m takes the first word; the arrows move by words, with Shift they extend.
function begin(event) {
  if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, dialog[open]")) return;
  try {
    if (localStorage.getItem("desk-keys") === "off") return;
  } catch {
    // Without storage the keys are on.
  }
  event.preventDefault();
  if (selected()) {
    focusBar();
    return;
  }
  passage.focus();
  const selection = getSelection();
  selection.collapse(passage, 0);
  selection.modify("extend", "forward", "word");
}

function moveByKey(event) {
  const selection = getSelection();
  if (event.key === "Enter" && selected()) {
    event.preventDefault();
    focusBar();
  } else if (event.key === "Escape") {
    selection.removeAllRanges();
  } else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && selected()) {
    event.preventDefault();
    const way = event.key === "ArrowRight" ? "forward" : "backward";
    if (event.shiftKey) {
      selection.modify("extend", way, "word");
    } else {
      if (way === "forward") selection.collapseToEnd();
      else selection.collapseToStart();
      selection.modify("extend", way, "word");
    }
  }
}

function focusBar() {
  // The browser tells of a selection late, and what is hidden cannot be focused: the number that
  // comes next would then reject the comment.
  bar.hidden = false;
  bar.querySelector("button").focus();
}

function choose(event) {
  const buttons = [...bar.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) {
    buttons[(at + step + buttons.length) % buttons.length].focus();
  } else if (/^[1-9]$/.test(event.key)) {
    // Here a number names an attribute, and must not reject the comment.
    buttons[Number(event.key) - 1]?.click();
  } else if (event.key === "Escape") {
    passage.focus();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}
