// The list of peoples, narrowed by what is typed: in any case, with or without accents, and also by
// other forms of a name. What is ticked stays in the list.

const list = document.getElementById("peoples");
const search = document.getElementById("find-people");

if (list && search) {
  const fold = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().trim().replace(/\s+/g, " ");
  const told = document.getElementById("found-peoples");
  const peoples = [...list.querySelectorAll("[data-names]")].map((label) => ({
    label,
    box: label.querySelector("input"),
    names: [...label.dataset.names.split("|"), fold(label.textContent)],
  }));
  const visible = () => peoples.filter(({ label }) => !label.hidden);

  const narrow = () => {
    const words = fold(search.value);
    let count = 0;
    for (const { label, box, names } of peoples) {
      const fits = names.some((name) => name.includes(words));
      if (fits) count += 1;
      label.hidden = !fits && !box.checked;
    }
    told.textContent = words ? told.dataset.found.replace("{count}", count) : "";
    return words ? peoples.filter(({ names }) => names.some((name) => name.includes(words))) : [];
  };

  search.addEventListener("input", narrow);
  // Enter ticks the only match and would otherwise send the form; the arrow leads into the list.
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      const fitting = narrow();
      if (fitting.length === 1) fitting[0].box.click();
      else fitting[0]?.box.focus();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      (narrow()[0] ?? visible()[0])?.box.focus();
    } else if (event.key === "Escape" && search.value) {
      event.stopPropagation();
      search.value = "";
      narrow();
    }
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const boxes = visible().map(({ box }) => box);
    const at = boxes.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    (boxes[at + step] ?? (step < 0 ? search : null))?.focus();
  });
}
