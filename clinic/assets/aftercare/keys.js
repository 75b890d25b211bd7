/** Single-letter keys: a press clicks what carries data-key, unless someone is writing. */

export const writing = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (writing(event) || event.key.length !== 1) return;
  const scope = event.target.closest(".queue > li") ?? (document.querySelector(".queue") ? null : document);
  const button = scope?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]:is(button, a)`);
  if (!button) return;
  event.preventDefault();
  button.click();
});
