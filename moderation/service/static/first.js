// The first page: send the text, show the verdict. Every string is set as text, never as markup.

const byId = (id) => document.getElementById(id);
const form = byId("form");
const field = byId("text");
const count = byId("count");
const limit = Number(count.dataset.limit);
const numbers = new Intl.NumberFormat("en");

let underway = null;

field.addEventListener("input", showCount);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  judge(field.value);
});
for (const button of document.querySelectorAll(".examples button")) {
  button.addEventListener("click", () => {
    field.value = button.dataset.text;
    showCount();
    form.requestSubmit();
  });
}
showCount();

async function judge(text) {
  underway?.abort();
  const mine = new AbortController();
  underway = mine;
  hideProblem();
  if (!text.trim()) {
    showProblem("Write or paste a comment first.");
    field.focus();
    return;
  }
  form.setAttribute("aria-busy", "true");
  try {
    const verdict = await ask(text, mine.signal);
    showVerdict(text, verdict);
  } catch (error) {
    if (!mine.signal.aborted) showProblem(error.message);
  } finally {
    if (underway === mine) form.removeAttribute("aria-busy");
  }
}

// Where the service asks for keys, the page has a field for one; it is kept nowhere.
function keyHeader() {
  const key = byId("key")?.value.trim();
  return key ? { "X-API-Key": key } : {};
}

async function ask(text, signal) {
  let reply;
  try {
    reply = await fetch("/v1/score", {
      method: "POST",
      // What somebody tries here is no comment for the review desk.
      headers: { "Content-Type": "application/json", "X-Do-Not-Store": "1", ...keyHeader() },
      body: JSON.stringify({ text }),
      signal,
    });
  } catch {
    throw new Error("The service cannot be reached. Check that it is running, then try again.");
  }
  const body = await reply.json().catch(() => null);
  if (reply.ok && body) return body.verdicts[0];
  const told = [body?.error?.message, body?.error?.remedy].filter(Boolean).join(" ");
  throw new Error(told || `The service answered with status ${reply.status}.`);
}

function showVerdict(text, verdict) {
  const name = verdict.label ?? "unjudged";
  byId("verdict").querySelector("[data-label=unjudged]").textContent = unjudged(verdict.language);
  const label = choose("#verdict [data-label]", "label", name);
  const action = choose("#verdict [data-action]", "action", verdict.action);
  byId("verdict").dataset.label = name;
  byId("verdict").dataset.action = verdict.action;
  showFact("targets", verdict.targets);
  showFact("reasons", verdict.reasons.map(titleOf));
  byId("passage").replaceChildren(...marked(text, verdict.spans));
  byId("no-evidence").hidden = verdict.spans.length > 0 || !verdict.judged;
  byId("scores").hidden = !verdict.judged;
  for (const row of document.querySelectorAll("[data-attribute]")) {
    const score = verdict.scores[row.dataset.attribute] ?? 0;
    row.querySelector(".bar").style.setProperty("--score", score);
    row.querySelector(".value").textContent = score.toFixed(2);
  }
  byId("model").textContent = verdict.model;
  byId("empty").hidden = true;
  byId("verdict").hidden = false;
  byId("said").textContent = `${label}. ${action}`;
  const card = byId("verdict").closest("section");
  if (card.getBoundingClientRect().top > window.innerHeight * 0.6) card.scrollIntoView();
}

// The words for a text that was not judged, with the name of its language.
function unjudged(language) {
  const names = new Intl.DisplayNames("en", { type: "language" });
  return language ? `Not judged: in ${names.of(language)}` : "Not judged";
}

// Unhide the one element whose data attribute has this value; return its words.
function choose(selector, key, value) {
  let words = value;
  for (const element of document.querySelectorAll(selector)) {
    element.hidden = element.dataset[key] !== value;
    if (!element.hidden) words = element.textContent;
  }
  return words;
}

function showFact(id, words) {
  byId(id).hidden = words.length === 0;
  byId(id).querySelector("dd").textContent = words.join(", ");
}

function titleOf(attribute) {
  const row = document.querySelector(`[data-attribute="${CSS.escape(attribute)}"] th`);
  return row ? row.textContent : attribute;
}

// The service counts characters as code points; a JavaScript string counts an emoji as two.
function marked(text, spans) {
  const points = Array.from(text);
  const shown = [];
  let at = 0;
  for (const run of runs(spans)) {
    shown.push(document.createTextNode(points.slice(at, run.start).join("")));
    shown.push(evidence(points, run));
    at = run.end;
  }
  shown.push(document.createTextNode(points.slice(at).join("")));
  return shown;
}

// Spans that overlap are shown as one run.
function runs(spans) {
  const found = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last && span.start < last.end) {
      last.end = Math.max(last.end, span.end);
      last.spans.push(span);
    } else {
      found.push({ start: span.start, end: span.end, spans: [span] });
    }
  }
  return found;
}

// A run's text, darker where it is evidence for more than one attribute, and their titles.
function evidence(points, run) {
  const outer = document.createElement("span");
  outer.className = "evidence";
  const mark = document.createElement("mark");
  const cuts = new Set(run.spans.flatMap(({ start, end }) => [start, end]));
  const bounds = [...cuts].sort((a, b) => a - b);
  bounds.slice(1).forEach((end, position) => {
    const start = bounds[position];
    const piece = document.createElement("span");
    piece.textContent = points.slice(start, end).join("");
    const over = run.spans.filter((span) => span.start < end && span.end > start);
    piece.classList.toggle("more", new Set(over.map((span) => span.attribute)).size > 1);
    mark.append(piece);
  });
  const tag = document.createElement("span");
  tag.className = "tag";
  tag.textContent = [...new Set(run.spans.map((span) => titleOf(span.attribute)))].join(" · ");
  outer.append(mark, tag);
  return outer;
}

function showProblem(message) {
  byId("problem").textContent = message;
  byId("problem").hidden = false;
  field.setAttribute("aria-invalid", "true");
}

function hideProblem() {
  byId("problem").hidden = true;
  field.removeAttribute("aria-invalid");
}

function showCount() {
  const length = Array.from(field.value).length;
  count.textContent = `${numbers.format(length)} / ${numbers.format(limit)}`;
  count.classList.toggle("over", length > limit);
}
