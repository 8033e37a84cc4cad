/* A screen's talk with the server: a question every 750 ms, and a scene's picture when it is another. It ends each
   question itself, keeps the latest picture of each scene and no other, and never throws. */
(() => {
  "use strict";
  const PATIENCE = 8000;
  const KEEP_EVERY = 10_000;

  class Link {
    constructor() {
      this.state = null; // what the server last said
      this.heardAt = null; // performance.now() of that
      this.campaignNow = null; // ms of the campaign's clock then
      this.drops = 0;
      this.failed = false;
      this.scenes = new Map(); // slug → { key, snapshot }
      this.kept = -Infinity;
    }

    /** What was kept over a reload: shown until the server answers. */
    recall() {
      const kept = window.wall.keep.read("state");
      if (!kept) return false;
      this.state = kept.state;
      // This screen's own clock says how long ago that was: the only one there is.
      const since = Math.max(0, Date.now() - kept.at);
      this.heardAt = performance.now() - since;
      this.campaignNow = Date.parse(kept.state.now);
      for (const slug of kept.state.scenes) {
        const scene = window.wall.keep.read(`scene.${slug}`);
        if (scene) this.scenes.set(slug, scene);
      }
      return this.scenes.size > 0;
    }

    /** The time on the campaign's clock, which runs on here while the server is silent. */
    now() {
      return this.campaignNow + (performance.now() - this.heardAt) * this.state.speed;
    }

    /** Ask how things stand. Answers "heard", "unknown" where this screen has not joined, or "silent". */
    async ask(said) {
      const answer = await get(`/screen/state?${new URLSearchParams(said)}`);
      if (answer.status === 401) return "unknown";
      if (!answer.body?.scenes) {
        if (!this.failed) this.drops += 1;
        this.failed = true;
        return "silent";
      }
      this.failed = false;
      this.state = answer.body;
      // A server that cannot ask its database shows what it has kept, and says for how long it has not heard.
      this.heardAt = performance.now() - (answer.body.behind ?? 0) * 1000;
      this.campaignNow = Date.parse(answer.body.now);
      for (const slug of this.scenes.keys()) if (!answer.body.scenes.includes(slug)) this.scenes.delete(slug);
      if (this.heardAt - this.kept > KEEP_EVERY) {
        this.kept = this.heardAt;
        window.wall.keep.write("state", { state: answer.body, at: Date.now() });
      }
      return "heard";
    }

    /** The version the server wants shown, with all that makes it another picture. */
    get key() {
      const { pinned, revision, minute, query } = this.state;
      return `${pinned ?? `${revision}-${minute}`}?${query}`;
    }

    isCurrent(slug) {
      return this.scenes.get(slug)?.key === this.key;
    }

    /** The scene's picture as it should now be; null where it does not come. */
    async scene(slug) {
      const key = this.key;
      if (this.isCurrent(slug)) return this.scenes.get(slug).snapshot;
      const answer = await get(`/screen/scene/${slug}/${key}`);
      if (!answer.body?.panels) return null;
      // Where more is asked for than can be drawn an older picture comes: it is shown, and the wanted one asked again.
      const { revision, minute } = answer.body;
      const older = !this.state.pinned && key === this.key
        && (revision < this.state.revision || (revision === this.state.revision && minute < this.state.minute));
      const entry = { key: older ? "" : key, snapshot: answer.body };
      this.scenes.set(slug, entry);
      window.wall.keep.write(`scene.${slug}`, entry);
      return answer.body;
    }

    /** The newest picture while an older one is shown: what has happened since. */
    async newest(slug) {
      const { revision, minute, place } = this.state;
      return (await get(`/screen/scene/${slug}/${revision}-${minute}?${new URLSearchParams({ place })}`)).body ?? null;
    }

    forget() {
      this.state = null;
      this.heardAt = null;
      this.scenes.clear();
      this.kept = -Infinity;
      window.wall.keep.forget();
    }
  }

  /** An answer's status and JSON; status 0 and null where there is none. A proxy's page of an error is none. */
  async function get(address, body) {
    const asked = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    try {
      const answer = await fetch(address, { ...asked, signal: AbortSignal.timeout(PATIENCE) });
      const ours = (answer.headers.get("Content-Type") ?? "").includes("json");
      const said = ours ? await answer.json() : null;
      if (answer.ok) return { status: ours ? 200 : 0, body: said };
      return { status: ours ? answer.status : 0, body: null };
    } catch {
      return { status: 0, body: null };
    }
  }

  Object.assign(window.wall, { Link, get });
})();
