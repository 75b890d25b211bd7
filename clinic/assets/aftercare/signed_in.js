/**
 * Automatic logoff, seen from the page: it asks how long the session lasts, warns a minute
 * before the end, and shows nothing of a patient once it is over, also when the server
 * cannot be asked. A hand that moves or types counts as being there.
 */

const warning = document.getElementById("leaving");
const { ask, signIn } = warning.dataset;
const ASK_EVERY_S = 20;
const WARN_S = 60;
const BACKGROUND = { "Aftercare-Background": "1" };

let endsAt = Infinity; // by this computer's clock, as last heard
let moved = false; // since we last asked
let timer;

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"])
  document.addEventListener(kind, () => (moved = true), { passive: true });

function clear() {
  clearTimeout(timer);
  document.title = "Aftercare";
  document.body.replaceChildren();
  location.replace(`${signIn}?next=${encodeURIComponent(location.pathname)}`);
}

function heard(left_s) {
  endsAt = Date.now() + left_s * 1000;
  if (left_s > WARN_S) warning.close();
  else if (!warning.open) warning.showModal();
}

async function look() {
  const here = moved && !warning.open; // the warning wants its button pressed
  moved = false;
  try {
    const response = await fetch(ask, { headers: here ? {} : BACKGROUND, redirect: "manual", cache: "no-store" });
    if (response.status === 401 || response.type === "opaqueredirect") return clear();
    if (response.ok) heard((await response.json()).left_s);
  } catch {
    // Not reached: what was heard before still counts.
  }
  const left_s = (endsAt - Date.now()) / 1000;
  if (left_s <= 0) return clear();
  timer = setTimeout(look, Math.max(1, Math.min(ASK_EVERY_S, left_s, Math.max(1, left_s - WARN_S))) * 1000);
}

function again() {
  clearTimeout(timer);
  look();
}

warning.addEventListener("close", () => {
  moved = true;
  again();
});
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
addEventListener("pageshow", (event) => event.persisted && again());
look();
