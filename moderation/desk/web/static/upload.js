// The progress of an upload is kept up to date; without this script the page reloads itself.

const EVERY = 1000;
const MOST_FAILURES = 60;

const isOpen = (page) => ["waiting", "running"].includes(page?.getElementById("progress")?.dataset.upload);

// The desk's pages let no script make markup of text; a request may return a document.
const ask = () =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.onloadend = () => resolve(request.status === 200 ? request.response : null);
    request.send();
  });

// Only what has changed is replaced: the button keeps its focus, and words that are new are read out.
const takeOver = (page) => {
  for (const after of page.querySelectorAll("#progress [data-part]")) {
    const before = document.querySelector(`#progress [data-part="${after.dataset.part}"]`);
    if (after.tagName === "PROGRESS" && after.hasAttribute("value")) before.value = after.value;
    else if (before.textContent !== after.textContent) before.replaceChildren(...document.importNode(after, true).childNodes);
  }
};

const watch = async () => {
  for (let failures = 0; failures < MOST_FAILURES;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    const page = await ask();
    if (!page?.getElementById("progress")) {
      failures += 1;
      continue;
    }
    failures = 0;
    // The end has more on its page: what was not read, and no button.
    if (!isOpen(page)) return location.reload();
    takeOver(page);
  }
};

for (const each of document.querySelectorAll("[data-unscripted]")) each.hidden = true;
if (isOpen(document)) watch();
