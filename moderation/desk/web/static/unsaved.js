// Whoever leaves a comment otherwise than by deciding on it is asked first, where something was
// written, corrected or marked.

import { stay } from "./keyboard.js";

const form = document.getElementById("ruling");
const written = () => JSON.stringify([...new FormData(form)]);
const noteApart = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "note"));

if (form) {
  const before = written();
  const beforeNote = noteApart();
  const refused = form.dataset.refused === "1";
  let kept = false;

  // Behind what may refuse to send the form.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    // A button that shows the form again as it was filled in loses nothing.
    const comesBack = "kept" in (event.submitter?.dataset ?? {});
    const noteAlone = event.submitter?.hasAttribute("formaction") && !comesBack;
    kept = !noteAlone || (!refused && noteApart() === beforeNote);
  });

  addEventListener("beforeunload", (event) => {
    if (kept || !(refused || written() !== before)) return;
    event.preventDefault();
    setTimeout(stay);
  });
}
