/* What waits to be sent, and sending it. An entry has a key from the moment it is saved and goes out under that key,
   unchanged, until the server has acknowledged it: the server counts a key once, however often it comes.

   An entry: {key, account, campaign, site, row, label, savedAt, state, attempted, answer, revision}
   state: waiting → sent | refused (impossible) | conflict (contradicts what stands there)
   Shared by the page and the service worker, so nothing here touches the page. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { store } = clerk;
  const TIMEOUT_MS = 20000;
  const AT_ONCE = 100;
  const CONTRADICTS = ["conflict", "overlaps", "needs_correction"];
  const news = "BroadcastChannel" in self ? new BroadcastChannel("clerk") : null;

  /** A key no other phone makes. */
  function newKey(site, hour) {
    const random = [...crypto.getRandomValues(new Uint8Array(9))].map((byte) => byte.toString(16).padStart(2, "0"));
    return `${site}/${hour.slice(0, 16)}/${random.join("")}`;
  }

  /** Asks the server; status 0 is no answer at all. */
  async function ask(address, options = {}) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const answer = await fetch(address, {
        credentials: "same-origin", cache: "no-store", signal: abort.signal, ...options,
        headers: { Accept: "application/json", "Accept-Language": clerk.language ?? "zh", ...options.headers },
      });
      // A body cut off on its way is no answer either.
      return { status: answer.status, json: await answer.json() };
    } catch {
      return { status: 0, json: null };
    } finally {
      clearTimeout(timer);
    }
  }

  async function cookie(name) {
    if (self.cookieStore) return (await self.cookieStore.get(name))?.value ?? "";
    if (!self.document) return "";
    return document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  }

  /** Who is signed in, and the pass that lets exactly this session write. The pass is read before the question: if
      somebody else signs in meanwhile it fits no more, and nothing is sent in his name. */
  async function signedIn() {
    let pass = await cookie("csrf_token");
    let me = await ask("/api/v1/me");
    if (me.status === 200 && !pass) {
      pass = await cookie("csrf_token");
      me = await ask("/api/v1/me");
    }
    return { ...me, pass };
  }

  /** Save an entry that goes out when it can. */
  async function save(entry) {
    await store.put({ state: "waiting", attempted: false, savedAt: Date.now(), ...entry });
    news?.postMessage("saved");
    const worker = await self.navigator.serviceWorker?.getRegistration?.().catch(() => null);
    // Where the browser can, the service worker sends on even when the page is closed.
    await worker?.sync?.register("send").catch(() => {});
  }

  const locked = (work) => (self.navigator.locks ? self.navigator.locks.request("clerk-send", work) : work());

  /** Send everything that waits and belongs to who is signed in. Answers {me, sent, reached, signedOut}. */
  const send = () => locked(async () => {
    const waiting = (await store.entries()).filter((entry) => entry.state === "waiting");
    if (!waiting.length) return { idle: true, reached: true };
    const me = await signedIn();
    if (me.status === 401) return { signedOut: true, reached: true };
    if (me.status !== 200) return { reached: me.status !== 0, refused: me.json?.detail };
    const mine = waiting.filter((entry) => entry.account === me.json.login).sort((a, b) => a.savedAt - b.savedAt);
    const outcome = { me: me.json, reached: true, sent: 0 };
    for (const campaign of new Set(mine.map((entry) => entry.campaign))) {
      const all = mine.filter((entry) => entry.campaign === campaign);
      for (let from = 0; from < all.length; from += AT_ONCE) {
        const answer = await post(campaign, all.slice(from, from + AT_ONCE), me.pass);
        outcome.sent += answer.sent;
        if (answer.stop) return { ...outcome, ...answer.stop };
      }
    }
    return outcome;
  });

  async function post(campaign, entries, pass) {
    // From here on the server may hold them: their content must not change any more.
    const going = [];
    for (const { key } of entries) {
      await store.change(key, (entry) => {
        if (entry?.state !== "waiting") return null;
        going.push({ ...entry, attempted: true });
        return going[going.length - 1];
      });
    }
    if (!going.length) return { sent: 0 };
    const answer = await ask(`/api/v1/campaigns/${encodeURIComponent(campaign)}/reports`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": pass },
      body: JSON.stringify({ reports: going.map((entry) => entry.row) }),
    });
    const { status, json } = answer;
    if (status === 200) {
      const rejected = new Map(json.rejected.map((row) => [row.index, row]));
      for (const [index, { key }] of going.entries()) {
        const refused = rejected.get(index);
        await store.change(key, (entry) => entry && { ...entry, ...became(refused, json.revision) });
      }
      news?.postMessage("sent");
      return { sent: going.length - rejected.size };
    }
    if (status === 401) return { sent: 0, stop: { signedOut: true } };
    const foreign = json?.type === "urn:problem:foreign_write";
    if ([400, 403, 404].includes(status) && !foreign) {
      const refused = { code: String(status), field: "", message: json?.detail || json?.title || String(status) };
      for (const { key } of going) await store.change(key, (entry) => entry && { ...entry, ...became(refused) });
      news?.postMessage("sent");
      return { sent: 0 };
    }
    return { sent: 0, stop: { reached: status !== 0 && status < 500 && status !== 429 } };
  }

  function became(refused, revision) {
    if (!refused) return { state: "sent", sentAt: Date.now(), revision, answer: null };
    return { state: CONTRADICTS.includes(refused.code) ? "conflict" : "refused", answer: refused };
  }

  clerk.queue = { newKey, ask, cookie, signedIn, save, send, news };
})();
