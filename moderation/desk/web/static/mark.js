// Evidence, marked by a person: selections become offsets, offsets become marks, and the form sends
// what was added and what was taken away.

import { fieldOf, keyOf, keysAreOn } from "./keyboard.js";
import { draw, selected, title, wordsOf } from "./passage.js";

const MOST_LISTED = 50;

const passage = document.getElementById("passage");
const bar = document.getElementById("marking");
const panel = document.getElementById("evidence");
const status = document.getElementById("marked");
const field = document.getElementById("spans");
const open = Boolean(panel?.dataset.open && field);

const isSame = (a, b) => a.start === b.start && a.end === b.end && a.attribute === b.attribute;
const asRow = ({ start, end, attribute }) => [start, end, attribute];
const asSpan = ([start, end, attribute]) => ({ start: Number(start), end: Number(end), attribute });

const parts = (document.getElementById("known")?.dataset.spans ?? "").split(";").filter(Boolean);
const first = parts.map((part) => asSpan(part.split(",")));
let spans = corrected();

if (passage) {
  show();
  if (open) {
    const hint = document.getElementById("mark-hint");
    hint.hidden = false;
    passage.setAttribute("aria-describedby", hint.id);
    document.addEventListener("selectionchange", showBar);
    passage.addEventListener("keydown", moveByKey);
    document.addEventListener("keydown", begin);
    document.addEventListener("keydown", chooseByNumber, { capture: true });
    bar.addEventListener("keydown", moveInBar);
    for (const button of bar.querySelectorAll("button")) {
      // The selection must outlive the press.
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => add(button.dataset.attribute));
    }
  }
}

// What a form that was refused had in it is still there.
function corrected() {
  if (!field?.value) return [...first];
  const { added, removed } = JSON.parse(field.value);
  const gone = removed.map(asSpan);
  return ordered([...first.filter((span) => !gone.some((each) => isSame(each, span))), ...added.map(asSpan)]);
}

function ordered(unordered) {
  return unordered.sort((a, b) => a.start - b.start || a.end - b.end);
}

function show() {
  draw(spans);
  const before = new Set(first);
  const now = new Set(spans);
  const added = spans.filter((span) => !before.has(span)).map(asRow);
  const removed = first.filter((span) => !now.has(span)).map(asRow);
  const changed = added.length + removed.length > 0;
  panel.hidden = spans.length === 0 && !changed;
  panel.querySelector("ul").replaceChildren(...spans.slice(0, MOST_LISTED).map(row));
  const more = panel.querySelector("#more-evidence");
  more.hidden = spans.length <= MOST_LISTED;
  more.textContent = more.dataset.words.replace("{count}", spans.length - MOST_LISTED);
  panel.querySelector("#reset").hidden = !changed;
  if (field) field.value = changed ? JSON.stringify({ added, removed }) : "";
}

function row(span) {
  const item = document.createElement("li");
  const words = document.createElement("bdi");
  words.textContent = wordsOf(span);
  item.append(words, ` ${title(span.attribute)} `);
  if (!open) return item;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = panel.dataset.remove;
  button.setAttribute("aria-label", named(panel.dataset.removeWhich, span));
  button.addEventListener("click", () => remove(span));
  item.append(button);
  return item;
}

function named(words, span) {
  return words.replace("{words}", () => wordsOf(span)).replace("{attribute}", () => title(span.attribute));
}

function remove(span) {
  const at = spans.indexOf(span);
  spans = spans.filter((each) => each !== span);
  show();
  status.textContent = named(panel.dataset.removed, span);
  const left = panel.querySelectorAll("li button");
  (left[Math.min(at, left.length - 1)] ?? passage).focus();
}

panel?.querySelector("#reset").addEventListener("click", () => {
  spans = [...first];
  show();
  status.textContent = panel.dataset.back;
  passage.focus();
});

function add(attribute) {
  const chosen = selected();
  if (!chosen) return;
  const same = (each) => each.attribute === attribute && each.start < chosen.end && each.end > chosen.start;
  const joined = { ...chosen, attribute };
  for (const each of spans.filter(same)) {
    joined.start = Math.min(joined.start, each.start);
    joined.end = Math.max(joined.end, each.end);
  }
  const was = first.find((each) => isSame(each, joined));
  spans = ordered([...spans.filter((each) => !same(each)), was ?? joined]);
  getSelection().removeAllRanges();
  bar.hidden = true;
  show();
  status.textContent = `${title(attribute)}: ${wordsOf(joined)}`;
  passage.focus();
}

function showBar() {
  bar.hidden = selected() === null;
}

// While something is selected a number names an attribute, wherever the focus is: it must not reject
// the comment. It names the one that it would reject for.
function chooseByNumber(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = keyOf(event);
  const inBar = bar.contains(document.activeElement);
  if (!/^[1-9]$/.test(key) || fieldOf(event) || !(inBar || keysAreOn())) return;
  // The browser tells of a selection late.
  if (bar.hidden && selected() === null) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) bar.querySelector(`[data-digit="${key}"]`)?.click();
}

// By keyboard: m takes the first word; the arrows move by words, with Shift they extend.
function begin(event) {
  if (keyOf(event) !== "m" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (fieldOf(event) || event.target.closest?.("dialog[open]") || !keysAreOn()) return;
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
  // What is hidden cannot be focused, and the browser tells of a selection late.
  bar.hidden = false;
  bar.querySelector("button").focus();
}

function moveInBar(event) {
  const buttons = [...bar.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) buttons[(at + step + buttons.length) % buttons.length].focus();
  else if (event.key === "Escape") passage.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
