// Numbers, new comments, and what others do with the comment on the page, without loading it again:
// what is typed stays. A page that nobody looks at asks nothing.

const WAIT = 5000;
const LONGEST = 60000;

const page = document.getElementById("live");
const arrived = document.getElementById("live-arrived");
const comment = document.getElementById("live-comment");
const left = document.querySelector("[data-left]");
let wait = WAIT;
let timer;
let asking = false;

function later() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, wait);
}

async function ask() {
  if (asking || document.hidden) return;
  asking = true;
  let over = false;
  try {
    const reply = await fetch(page.dataset.address, { redirect: "manual" });
    // Whose session has ended is led to sign in: what is typed is kept when it is sent.
    over = reply.type === "opaqueredirect";
    if (!over && !reply.ok) throw new Error(reply.statusText);
    if (!over) show(await reply.json());
    wait = WAIT;
  } catch {
    wait = Math.min(wait * 2, LONGEST);
  }
  asking = false;
  if (!over) later();
}

function show(news) {
  for (const count of document.querySelectorAll("[data-count]")) {
    count.textContent = news.counts[count.dataset.count] ?? count.textContent;
  }
  if (left && news.left) left.textContent = news.left;
  if (arrived && news.arrived) tell(arrived, { ...news.arrived, address: location.href });
  if (comment && news.comment) tell(comment, { ...news.comment, kept: comment.dataset.kept });
  else comment?.replaceChildren();
}

// A screen reader says a sentence when it first stands there, and not when only the number in the
// link behind it changes.
function tell(place, { words, kept, link, address }) {
  let box = place.firstElementChild;
  if (box?.dataset.words !== words) {
    box = document.createElement("p");
    box.className = "told";
    box.dataset.words = words;
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    box.append(said, " ");
    place.replaceChildren(box);
    // A region that is there before its words is announced everywhere.
    setTimeout(() => { said.textContent = kept ? `${words} ${kept}` : words; });
  }
  if (!link) return;
  const anchor = box.querySelector("a") ?? document.createElement("a");
  anchor.href = address;
  if (anchor.textContent !== link) anchor.textContent = link;
  if (!anchor.parentElement) box.append(anchor);
}

if (page) {
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    ask();
  });
  later();
}
