/* What pages ask and write with. `command.send(address, body)` posts JSON the way the server lets its own pages write,
   and answers {status, json}; status 0 is no answer at all. `command.get(address, ms)` fetches JSON. Also the way out,
   and hiding what the reader may not do. */
(() => {
  "use strict";
  const TIMEOUT_MS = 15000;
  const cookie = (name) =>
    document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";

  async function send(address, body, method = "POST") {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const answer = await fetch(address, {
        method, credentials: "same-origin", signal: abort.signal,
        headers: {
          "Content-Type": "application/json", "X-CSRFToken": cookie("csrf_token"), Accept: "application/json",
          "Accept-Language": document.documentElement.lang,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const json = await answer.json().catch(() => null);
      if (answer.status === 401) signInAgain();
      return { status: answer.status, json };
    } catch {
      return { status: 0, json: null };
    } finally {
      clearTimeout(timer);
    }
  }

  /** The JSON there, asked for no longer than `ms`. Throws where none comes. */
  async function get(address, ms) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ms);
    try {
      const answer = await fetch(address, { signal: abort.signal, credentials: "same-origin" });
      if (answer.status === 401) signInAgain();
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return await answer.json();
    } finally {
      clearTimeout(timer);
    }
  }

  /** The session is over: after signing in the reader is back where he was. */
  function signInAgain() {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }

  async function signOut() {
    await fetch("/logout", { method: "POST", headers: { "X-CSRFToken": cookie("csrf_token") }, redirect: "manual" });
    location.assign("/login");
  }

  /** Offer only what the reader may do; the server decides in any case. */
  function offer() {
    const may = document.getElementById("live")?.dataset.may;
    if (may === undefined) return;
    const allowed = new Set(may.split(" "));
    for (const node of document.querySelectorAll("[data-needs]")) {
      node.classList.toggle("denied", !allowed.has(node.dataset.needs));
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-sign-out]")) signOut();
    // A menu closes when the reader clicks elsewhere or follows one of its links.
    for (const open of document.querySelectorAll("details.chooser[open], .tabs details[open]")) {
      if (!open.contains(event.target) || event.target.closest("a")) open.removeAttribute("open");
    }
  });
  new MutationObserver(offer).observe(document.documentElement, { subtree: true, childList: true });

  window.command = Object.assign(window.command ?? {}, { send, get, signInAgain });
})();
