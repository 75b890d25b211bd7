/** Shows that something waits, and opens the queue. Knows nothing else: what waits is behind the sign-in. */

self.addEventListener("push", (event) => {
  const { title = "Aftercare", body = "" } = event.data?.json() ?? {};
  const icon = new URL("mark.svg", self.location).href;
  event.waitUntil(self.registration.showNotification(title, { body, icon, tag: title, requireInteraction: true }));
});

async function openQueue() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const queue = pages.find((page) => new URL(page.url).pathname === "/queue/");
  return queue ? queue.focus() : self.clients.openWindow("/queue/");
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openQueue());
});
