// The text for the author is seen before it goes out: that of the reason suggested stands there, that
// of another reason comes with the pointer or the focus on its button. Pressed otherwise, the button
// shows its text first, and rejects when it is pressed again.

const field = document.getElementById("author-texts");
const form = document.getElementById("ruling");

if (field && form) {
  const status = document.getElementById("author-text-status");
  const sends = field.querySelector("[name=tell_author]");
  const parts = [...field.querySelectorAll("[data-reason]")];
  const folded = field.querySelector("details");
  folded.open = true;
  folded.querySelector("summary").hidden = true;

  let chosen = field.dataset.first;
  let shown = "";

  const textOf = (reason) =>
    parts.find((part) => part.dataset.reason === reason)?.querySelector("textarea").value.trim() ?? "";

  const show = (reason) => {
    shown = reason;
    for (const part of parts) part.hidden = part.dataset.reason !== reason || !sends.checked;
    const none = sends.checked && !parts.some((part) => part.dataset.reason === reason);
    status.textContent = none ? status.dataset.none : "";
  };

  for (const button of form.querySelectorAll('button[name="ruling"][value^="reject:"]')) {
    const reason = button.value.slice("reject:".length);
    const look = () => {
      if (!field.contains(document.activeElement)) show(reason);
    };
    const away = () => show(chosen);
    button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && look());
    button.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && away());
    button.addEventListener("focus", () => button.matches(":focus-visible") && look());
    button.addEventListener("blur", away);
    button.addEventListener("click", (event) => {
      const text = textOf(reason);
      if (!sends.checked || !text || reason === shown || text === textOf(shown)) return;
      event.preventDefault();
      chosen = reason;
      show(reason);
      status.textContent = field.dataset.again;
      field.scrollIntoView({ block: "nearest" });
    });
  }

  sends.addEventListener("change", () => show(chosen));
  show(chosen);
}
