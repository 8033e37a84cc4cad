/* The service worker. Before this stand `KEPT` (version, pages, files), written by the server, and the scripts the form
   sends with. It keeps the form's
   own files so that it opens without a network, and sends what waits when the network is back, page or no page. */
const CACHE = `clerk-${KEPT.version}`;

self.addEventListener("install", (event) => {
  // Past the HTTP cache for pages only: files carry their version in their address.
  const fetched = (address) => new Request(address, KEPT.pages.includes(address) ? { cache: "reload" } : {});
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(KEPT.files.map(fetched))).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("clerk-") && name !== CACHE);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  const page = event.request.mode === "navigate" && KEPT.pages.includes(url.pathname);
  if (!page && !KEPT.files.includes(url.pathname + url.search)) return;
  const known = page ? url.pathname : event.request;
  event.respondWith(caches.open(CACHE).then((cache) => cache.match(known)).then((kept) => kept ?? fetch(event.request)));
});

self.addEventListener("sync", (event) => {
  if (event.tag === "send") event.waitUntil(sendAll());
});

/** Fails while something still waits, so that the browser asks again. */
async function sendAll() {
  self.clerk.language = await self.clerk.store.get("language");
  const outcome = await self.clerk.queue.send();
  if (outcome.reached === false) throw new Error("not reached");
}
