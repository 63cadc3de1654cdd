// The text of a comment: what it is made of, what is selected in it, and where evidence is drawn.
// The page gives each run of the text its offset in code points of the whole text. Text is only set
// as text.

const passage = document.getElementById("passage");
const known = document.getElementById("known");
const points = (text) => Array.from(text);
const ODD = "\ufffd";

// Runs of characters, and single characters that are shown by name.
const atoms = [...(passage?.querySelectorAll("[data-start]") ?? [])].map((element) => ({
  start: Number(element.dataset.start),
  odd: element.dataset.odd,
  text: "odd" in element.dataset ? [ODD] : points(element.textContent),
}));
const text = atoms.flatMap((atom) => atom.text);
const base = Number(passage?.dataset.start ?? 0);

// Words of the policy's lists: marked as evidence is, and part of none.
const listed = (known?.dataset.listed ?? "").split(";").filter(Boolean).map((part) => {
  const [start, end, attribute] = part.split(",");
  return { start: Number(start), end: Number(end), attribute };
});

export function title(attribute) {
  return known.getAttribute(`data-title-${attribute}`) ?? attribute;
}

// The beginning of what a span covers, without what is shown by name.
export function wordsOf(span, most = 60) {
  const from = Math.max(0, span.start - base);
  const to = Math.min(text.length, span.end - base);
  const shown = text.slice(from, Math.min(to, from + most)).filter((each) => each !== ODD).join("");
  return shown.trim() ? `“${shown}${to - from > most ? "…" : ""}”` : `${span.start} – ${span.end}`;
}

export function draw(evidence) {
  const spans = [...evidence, ...listed];
  const starts = [...spans].sort((a, b) => a.start - b.start);
  const edges = new Set(spans.flatMap(({ start, end }) => [start, end]));
  let at = 0;
  let over = [];
  const made = [];
  for (const atom of atoms) {
    for (const [from, to] of cuts(atom, edges)) {
      const start = atom.start + from;
      while (at < starts.length && starts[at].start < atom.start + to) {
        over.push(starts[at]);
        at += 1;
      }
      over = over.filter((span) => span.end > start);
      made.push(run(atom, from, to, over));
    }
  }
  passage.replaceChildren(...made);
  explain(new Set(made.flatMap((element) => element.dataset.attributes?.split(" ") ?? [])));
}

// The legend names what is underlined, each name with the line that it has in the text.
function explain(names) {
  const legend = document.getElementById("legend");
  legend.replaceChildren(...[...names].map((name) => {
    const element = document.createElement("span");
    element.dataset.attribute = name;
    element.textContent = title(name);
    return element;
  }));
  legend.hidden = names.size === 0;
}

function cuts(atom, edges) {
  const found = [0];
  for (let at = 1; at < atom.text.length; at += 1) if (edges.has(atom.start + at)) found.push(at);
  found.push(atom.text.length);
  return found.slice(1).map((end, place) => [found[place], end]);
}

function run(atom, from, to, over) {
  const element = document.createElement(over.length ? "mark" : "span");
  element.dataset.start = atom.start + from;
  if (passage.classList.contains("veiled")) element.ariaHidden = "true";
  if (over.length) {
    const names = [...new Set(over.map((span) => span.attribute))];
    element.dataset.attributes = names.join(" ");
    element.title = names.map(title).join(" · ");
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

// The selection's offsets into the whole text, without blanks at its ends; null where there is none.
export function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0).cloneRange();
  const begins = passage.contains(range.startContainer);
  const ends = passage.contains(range.endContainer);
  if (!begins && !ends) return null;
  // Three clicks select up to the beginning of what comes behind the text.
  if (!begins) range.setStart(passage, 0);
  if (!ends) range.setEnd(passage, passage.childNodes.length);
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
