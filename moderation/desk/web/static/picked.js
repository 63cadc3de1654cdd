// Comments chosen in a list: their number is told, and a key that decides takes the comment that has
// the focus where none is chosen.

const form = document.getElementById("picked");

if (form) {
  const told = document.getElementById("picked-count");
  const boxes = () => [...form.querySelectorAll(".pick")];
  const count = () => boxes().filter((box) => box.checked).length;

  const show = () => {
    const number = count();
    told.textContent = number ? told.dataset.some.replace("{count}", number) : told.dataset.none;
  };

  // One box takes all, or none.
  const all = document.getElementById("pick-all");
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes()) box.checked = all.checked;
    else if (all) all.checked = count() === boxes().length;
    show();
  });
  form.addEventListener("submit", (event) => {
    if (count()) return;
    const box = document.activeElement?.closest?.("[data-line]")?.querySelector(".pick");
    if (box) box.checked = true;
    else event.preventDefault();
  }, { capture: true });

  // A click beside the words chooses the comment; one on them opens it.
  for (const line of form.querySelectorAll("[data-line]")) {
    line.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, label") || String(getSelection())) return;
      const box = line.querySelector(".pick");
      if (!box) return;
      box.checked = !box.checked;
      show();
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = document.activeElement?.closest?.("[data-line]")?.querySelector(".pick");
    if (!box || event.target.closest("input:not(.pick), textarea, select")) return;
    event.preventDefault();
    box.checked = !box.checked;
    show();
  });

  show();
}
