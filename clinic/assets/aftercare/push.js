/** "Notify this device": the browser's push subscription, switched on and off from the queue's page. */

const button = document.getElementById("notify");
const told = document.getElementById("notify-told");
const form = document.getElementById("act");

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const same = (a, b) => a.length === b.length && a.every((value, at) => value === b[at]);

async function tell(address, fields) {
  const body = new FormData(form);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const response = await fetch(address, { method: "POST", body });
  if (!response.ok) throw new Error(String(response.status));
}

async function keep(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  await tell(button.dataset.add, { endpoint, p256dh: keys.p256dh, auth: keys.auth });
}

async function switchOff(subscription) {
  await subscription.unsubscribe();
  await tell(button.dataset.remove, { endpoint: subscription.endpoint });
}

async function switchOn(registration) {
  const applicationServerKey = bytes(button.dataset.key);
  await keep(await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }));
}

function show(on) {
  button.hidden = false;
  button.textContent = on ? button.dataset.on : button.dataset.off;
  button.setAttribute("aria-pressed", String(on));
  told.textContent = Notification.permission === "denied" ? told.dataset.denied : "";
}

async function start() {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return;
  const registration = await navigator.serviceWorker.register(button.dataset.worker);
  const before = await registration.pushManager.getSubscription();
  if (before) {
    const key = new Uint8Array(before.options.applicationServerKey);
    if (same(key, bytes(button.dataset.key))) await keep(before);
    else await switchOff(before); // it was made for a key that is no longer ours
  }
  show(Boolean(await registration.pushManager.getSubscription()));
  button.addEventListener("click", async () => {
    button.disabled = true;
    const subscription = await registration.pushManager.getSubscription();
    try {
      await (subscription ? switchOff(subscription) : switchOn(registration));
      show(!subscription);
    } catch {
      show(Boolean(await registration.pushManager.getSubscription()));
      told.textContent = Notification.permission === "denied" ? told.dataset.denied : told.dataset.failed;
    }
    button.disabled = false;
  });
}

start().catch(() => {});
