/** Asks how far a document is, once a second, and opens its review when it is ready. */

const card = document.querySelector("[data-progress]");
const bar = card.querySelector("progress");
const step = card.querySelector("[data-step]");

async function ask() {
  const response = await fetch(card.dataset.progress, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const state = await response.json();
  bar.value = state.percent;
  if (step.textContent !== state.step) step.textContent = state.step;
  if (state.finished) location.reload();
}

setInterval(() => ask().catch(() => {}), 1000);
