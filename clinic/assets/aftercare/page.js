/** What every page does by itself: keeps "4 min ago" true, and copies what a button names. */

const phrases = document.body.dataset;

/** "4 min ago", in the page's language; mirrors clinic.times.ago. */
export function ago(then, now = Date.now()) {
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return phrases.agoNow;
  if (minutes < 60) return phrases.agoMinutes.replace("{n}", minutes);
  if (minutes < 48 * 60) return phrases.agoHours.replace("{n}", Math.floor(minutes / 60));
  return phrases.agoDays.replace("{n}", Math.floor(minutes / 1440));
}

export function refresh() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const words = ago(Date.parse(time.dateTime));
    const first = time.firstElementChild;
    if (first && first.textContent !== words) first.textContent = words;
  }
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  source.select?.();
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  const before = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => (button.textContent = before), 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) copy(button).catch(() => document.getElementById(button.dataset.copy).select?.());
});

refresh();
setInterval(refresh, 15_000);
