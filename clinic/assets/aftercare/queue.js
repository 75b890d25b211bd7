/**
 * The live queue. The server sends rows as they change; this page keeps them in order
 * without ever moving what lies under the pointer: changes of order wait until the hand
 * is still, or until asked for. What a row says is updated in place at once, unless it
 * would grow: then it waits too. A row that would shrink keeps its height meanwhile.
 */
import { refresh } from "./page.js";
import { announce, prepareSound } from "./alarm.js";
import { writing } from "./keys.js";

const list = document.getElementById("queue");
const live = document.getElementById("live");
const news = document.getElementById("news");
const BUSY_MS = 4000; // a hand that moved this recently is about to press something
const OLD_MS = 15 * 60_000;
const LOOK_EVERY_MS = 5000; // while the socket is away
const RETRY_MS = [250, 500, 1000, 2000];

const waiting = new Map(); // id → row to put in (or null: take away), held back for the hand
let owed = false; // heights are held, or the filter waits, for the hand
let handMovedAt = -Infinity;
let socket;
let failures = 0;

const items = () => [...list.children];
const item = (id) => document.getElementById(`e-${id}`);
const idOf = (li) => li.id.slice(2);
const heightOf = (li) => li.getBoundingClientRect().height;
const busy = () => {
  const over = list.matches(":hover") || list.contains(document.activeElement);
  return over && performance.now() - handMovedAt < BUSY_MS;
};

for (const kind of ["pointermove", "pointerdown", "keydown"])
  document.addEventListener(kind, () => (handMovedAt = performance.now()), { passive: true });

/* -- rows ------------------------------------------------------------------ */

function fill(li, row) {
  li.id = `e-${row.id}`;
  const { key, version, severity, title, team } = row;
  const owned = row.owned ? "1" : "";
  Object.assign(li.dataset, { key, version, severity, owned, name: title, team, raised: row.raised_ms });
  const focused = li.contains(document.activeElement);
  const holder = document.createElement("template");
  holder.innerHTML = row.html; // made and escaped by our own templates, over our own socket
  li.replaceChildren(holder.content);
  if (focused) li.querySelector("a")?.focus({ preventScroll: true });
}

function place(row) {
  const li = item(row.id) ?? document.createElement("li");
  fill(li, row);
  li.hidden = !wanted(li);
  const after = items().find((other) => other !== li && other.dataset.key > row.key);
  if (li.nextElementSibling !== (after ?? null) || !li.isConnected) {
    const focused = li.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(li, after ?? null);
    focused?.focus({ preventScroll: true });
  }
}

/** Whether this row may be drawn now without moving another one. */
function stays(row) {
  const li = item(row.id);
  if (li) return li.dataset.key === row.key;
  return items().every((other) => other.dataset.key < row.key);
}

/** Whether what this row now says has room where it is. */
function fits(li, row) {
  const trial = document.createElement("li");
  trial.className = "trial";
  trial.style.width = `${li.getBoundingClientRect().width}px`;
  fill(trial, row);
  list.append(trial);
  const room = heightOf(li) - heightOf(trial);
  trial.remove();
  return room >= 0;
}

/** Says what is new without moving anything. False: it has to wait. */
function placeStill(row) {
  const li = item(row.id);
  if (!li) return stays(row) && (place(row), true);
  if (!li.hidden) {
    if (!fits(li, row)) return false;
    owed = true;
    li.style.minHeight = `${heightOf(li)}px`;
  }
  const still = stays(row);
  fill(li, { ...row, key: li.dataset.key });
  return still;
}

function receive({ rows = [], gone = [], whole = false }) {
  for (const row of rows) {
    if (row.severity === "emergency" && !row.owned) announce(row);
    if (!busy()) place(row);
    else if (!placeStill(row)) {
      waiting.set(row.id, row);
      continue;
    }
    waiting.delete(row.id);
  }
  const kept = new Set(rows.map((row) => row.id));
  const leaving = whole ? items().map(idOf).filter((id) => !kept.has(id)) : gone;
  for (const id of leaving) {
    if (!busy()) item(id)?.remove(), waiting.delete(id);
    else if (item(id)) item(id).classList.add("leaving"), waiting.set(id, null);
  }
  settle();
}

function apply() {
  for (const [id, row] of waiting) row ? place(row) : item(id)?.remove();
  waiting.clear();
  for (const li of items()) li.style.minHeight = "";
  owed = false;
  filter();
  settle();
}

function settle() {
  filterStill();
  refresh();
  news.hidden = waiting.size === 0;
  news.textContent = waiting.size === 1 ? news.dataset.one : news.dataset.many.replace("{n}", waiting.size);
  document.getElementById("quiet").hidden = items().length > 0;
  const unowned = items().filter((li) => !li.dataset.owned);
  const emergency = unowned.some((li) => li.dataset.severity === "emergency");
  const { title, titleWaiting, titleEmergency } = list.dataset;
  const count = unowned.length ? titleWaiting.replace("{n}", unowned.length) : title;
  document.title = emergency ? `${titleEmergency} ${count}` : count;
}

news.addEventListener("click", apply);
setInterval(() => (waiting.size || owed) && !busy() && apply(), 500);

/* -- the socket, and looking without it -------------------------------------- */

const versions = () => Object.fromEntries(items().map((li) => [idOf(li), Number(li.dataset.version)]));

function say(state) {
  live.textContent = state ? live.dataset.on : live.dataset.off;
  live.classList.toggle("is-live", state);
}

function leave() {
  list.replaceChildren(); // nothing of a patient stays on a screen nobody is signed in to
  location.assign(list.dataset.signIn);
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/escalations/`);
  socket.addEventListener("open", () => socket.send(JSON.stringify({ have: versions() })));
  socket.addEventListener("message", (event) => {
    failures = 0;
    say(true);
    receive(JSON.parse(event.data));
  });
  socket.addEventListener("close", (event) => {
    if (event.code === 4401) return leave();
    if (event.code !== 4408 || failures) say(false); // 4408: come again, at once
    if (event.code !== 4403) setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] * (0.75 + Math.random() / 2));
  });
}

async function look() {
  if (socket?.readyState === WebSocket.OPEN) return;
  const response = await fetch(list.dataset.rows, { headers: { "Aftercare-Background": "1" } });
  if (response.status === 401 || response.redirected) return leave();
  if (response.ok) receive(await response.json());
}

setInterval(() => look().catch(() => {}), LOOK_EVERY_MS);

/* -- what people do ----------------------------------------------------------- */

list.addEventListener("click", async (event) => {
  const button = event.target.closest("button[formaction]");
  if (!button) return;
  event.preventDefault();
  button.disabled = true;
  const body = new FormData(document.getElementById("act"));
  const asked = fetch(button.getAttribute("formaction"), { method: "POST", body, headers: { Accept: "application/json" } });
  const response = await asked.catch(() => null);
  if (response?.status === 401 || response?.redirected) return leave();
  button.disabled = Boolean(response?.ok); // the row itself comes back over the socket
  if (response?.ok) look().catch(() => {});
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || writing(event)) return;
  const open = items().filter((li) => !li.hidden);
  const at = open.findIndex((li) => li.contains(document.activeElement));
  const next = open[at < 0 ? (step > 0 ? 0 : open.length - 1) : at + step];
  if (!next) return;
  event.preventDefault();
  next.querySelector("a").focus();
});

function wanted({ dataset: { severity, owned, team, raised } }) {
  const chosen = (name, value) => document.querySelector(`[name=${name}][value="${CSS.escape(value)}"]`)?.checked ?? true;
  const ticked = (name) => document.querySelector(`[name=${name}]`).checked;
  if (!chosen("severity", severity) || !chosen("team", team)) return false;
  return !(ticked("unowned") && owned) && !(ticked("older") && Date.now() - raised < OLD_MS);
}

function filter() {
  for (const li of items()) li.hidden = !wanted(li);
}

/** What was young gets older, what was nobody's is somebody's: not while a hand is over it. */
function filterStill() {
  if (busy()) owed = true;
  else filter();
}

document.querySelector(".queue-filters").addEventListener("change", filter);
setInterval(filterStill, 15_000);
prepareSound(document.getElementById("sound"));
for (const li of items())
  if (li.dataset.severity === "emergency" && !li.dataset.owned) announce({ id: idOf(li), title: li.dataset.name });
settle();
connect();
