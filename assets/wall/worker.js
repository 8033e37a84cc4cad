/* The service worker of a briefing screen. Before this stands `KEPT` (version, page, files), written by the server. It
   keeps the document with its script and sheet, so that a screen that is loaded anew while there is no server opens
   all the same: what it then shows it has kept itself (keep.js). */
const CACHE = `screen-${KEPT.version}`;
const PATIENCE = 4000; // ms a document is waited for

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const page = await fetch(new Request(KEPT.page, { cache: "reload" }));
    const said = await page.clone().text();
    // During a change of version one worker of the server may still be the old one: a document needs its own files.
    if (!page.ok || !said.includes(`?v=${KEPT.version}"`)) throw new Error("the document is of another version");
    const cache = await caches.open(CACHE);
    await cache.addAll(KEPT.files);
    await cache.put(KEPT.page, page);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("screen-") && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === KEPT.page) event.respondWith(opened(event.request));
  else if (KEPT.files.includes(url.pathname + url.search)) event.respondWith(file(event.request));
});

/** The server's document, which may be of a new version; the kept one when there is none in time, or an error. */
async function opened(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) return answer;
  } catch { /* no server */ }
  return (await (await caches.open(CACHE)).match(KEPT.page)) ?? fetch(request);
}

async function file(request) {
  return (await (await caches.open(CACHE)).match(request)) ?? fetch(request);
}
