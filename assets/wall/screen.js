/* The stage and its clockwork: which scene is on, what it is drawn from, and when the next one comes. It holds nothing
   but the pictures on the stage; a scene that is taken off is gone. */
(() => {
  "use strict";
  const { play, frame, t, keep } = window.wall;
  const PAUSED_FOR = 300_000; // a wall somebody has paused and left goes on by itself
  const PROBE = 5_000;
  const RETRY = 10;
  const HEADLINES = { stale: "headline_stale", frozen: "headline_frozen" };

  class Screen {
    constructor(link) {
      this.link = link;
      this.stage = document.getElementById("stage");
      this.parts = ["head", "scenes", "foot"].map((id) => document.getElementById(id));
      this.marks = new play.Marks(keep.read("marks"));
      this.drawn = 0; // ms the last change of scene took
      this.changes = 0;
      this.faults = 0;
      this.triedAt = performance.now(); // when a turn was last looked for
      this.reset();
    }

    /** Nothing on, nothing held. */
    reset() {
      this.turn = keep.read("turn"); // the scene that has its turn
      this.on = []; // what is on the stage: { slug, snapshot, held }
      this.order = null;
      this.dueAt = 0;
      this.queue = []; // severe findings to hold, one after the other
      this.alert = null; // { mark, until, then }
      this.pausedAt = null;
      this.unseen = 0;
      this.newer = null;
      this.probedAt = -Infinity;
      this.failedAt = null; // since when pictures do not come
      this.tryAt = 0; // then one is asked for again
      this.standing = "live";
      this.drawnFor = "";
      this.busy = false;
    }

    // -- what it is

    get form() {
      return play.shape(innerWidth, innerHeight, this.link.state.scenes);
    }

    get programme() {
      return play.programme(this.link.state.scenes, this.form);
    }

    get dwell() {
      return this.link.state.seconds * 1000;
    }

    /** The picture whose stamp stands in the foot. */
    get picture() {
      return this.on[this.on.length - 1]?.snapshot ?? null;
    }

    get mayTurn() {
      return this.link.state.mode === "rotate" && this.pausedAt === null && this.standing !== "offline";
    }

    /** Whole seconds to the next scene; null while none is due. */
    get turnsIn() {
      if (!this.link.state || !this.mayTurn || this.alert || this.programme.turning.length < 2) return null;
      return Math.max(0, Math.round((this.dueAt - performance.now()) / 1000));
    }

    get silent() {
      return performance.now() - this.link.heardAt;
    }

    // -- a moment

    /** Look how things stand; cheap, several times a second. */
    tick() {
      const { link } = this;
      if (!link.state) return;
      const at = performance.now();
      const picture = this.picture;
      if (this.pausedAt !== null && at - this.pausedAt > PAUSED_FOR) this.resume();
      const silent = Math.max(this.silent, this.failedAt === null ? 0 : at - this.failedAt);
      this.standing = play.standing({
        silent, mode: link.state.mode, now: link.now(), alert: this.alert !== null,
        staleAt: picture?.stale_at ? Date.parse(picture.stale_at) : null,
      });
      this.dress();
      const redrawn = `${this.form.wall}${this.form.halves}${HEADLINES[this.standing] ?? ""}`;
      if (this.on.length && redrawn !== this.drawnFor && this.standing !== "offline") this.draw();
      this.write(at);
      this.settle();
    }

    dress() {
      const root = document.documentElement;
      const { wall, halves } = this.form;
      if (root.dataset.wall !== wall) root.dataset.wall = wall;
      root.style.setProperty("--halves", halves);
      root.style.setProperty("--seam", `${this.link.state.bezel_px}px`);
      const state = this.standing === "live" || this.standing === "alert" ? "" : this.standing;
      if ((this.stage.dataset.state ?? "") !== state) this.stage.dataset.state = state;
      const [x, y] = play.shift(performance.now());
      this.stage.style.transform = x || y ? `translate(${x}px, ${y}px)` : "";
    }

    // -- which picture

    /** Bring what should be on the stage onto it. One at a time, however often it is asked. */
    async settle() {
      if (this.busy || performance.now() < this.tryAt || (this.silent > play.GONE && this.on.length)) return;
      this.busy = true;
      try {
        await this.choose();
        await this.refresh();
        await this.probe();
      } catch (fault) {
        this.faults += 1;
        console.info("the picture stays:", fault); // what is on the stage stays there
      } finally {
        this.busy = false;
        const patience = this.standing === "offline" ? RETRY * 1000 : 2000;
        this.tryAt = this.failedAt === null ? 0 : performance.now() + patience;
      }
    }

    /** Which scene has its turn. */
    async choose() {
      const { state } = this.link;
      const { turning } = this.programme;
      const at = performance.now();
      if (!turning.includes(this.turn)) {
        this.turn = null;
        await this.advance();
      }
      const told = turning.includes(state.scene) ? state.scene : null;
      if (state.order !== this.order) {
        this.order = state.order;
        this.resume();
        this.alert = null;
        if (told) this.begin(told);
      }
      if (state.mode !== "rotate") {
        this.alert = null;
        if (told) this.turn = told;
        return;
      }
      if (this.alert) {
        if (at < this.alert.until) return;
        this.turn = this.alert.then;
        this.alert = null;
        if (!(await this.holdNext())) await this.advance();
      } else if (this.mayTurn && !(await this.holdNext()) && at >= this.dueAt) await this.advance();
    }

    begin(slug) {
      this.turn = slug;
      this.dueAt = performance.now() + this.dwell;
      keep.write("turn", slug);
    }

    /** The next scene that has something to say. */
    async advance() {
      this.triedAt = performance.now();
      const { turning } = this.programme;
      const from = turning.indexOf(this.turn);
      for (let step = 1; step <= turning.length; step += 1) {
        const slug = turning[(from + step) % turning.length];
        const snapshot = await this.fetch(slug);
        if (snapshot && !snapshot.skip) return this.begin(slug);
      }
      this.begin(this.turn ?? turning[0]);
    }

    /** Hold the scene of the next new severe finding that still is one. */
    async holdNext() {
      while (this.queue.length && this.standing !== "stale") {
        const mark = this.queue.shift();
        const snapshot = await this.fetch(play.ALERTS);
        if (snapshot?.severe.includes(mark)) {
          this.alert = { mark, until: performance.now() + play.ALERT, then: this.turn };
          this.turn = play.ALERTS;
          return true;
        }
      }
      return false;
    }

    async fetch(slug) {
      // Nobody is asked who has just not answered: what was kept is what there is.
      if (this.silent > play.GONE) return this.link.scenes.get(slug)?.snapshot ?? null;
      const snapshot = await this.link.scene(slug);
      if (snapshot) this.failedAt = null;
      else this.failedAt ??= performance.now();
      return snapshot;
    }

    /** Fetch what is on the stage, or comes onto it, and draw it where it is another picture. */
    async refresh() {
      const slugs = [...this.programme.pinned, this.turn].filter(Boolean);
      const on = [];
      for (const [i, slug] of slugs.entries()) {
        // A picture that does not come leaves the one that is there; of another scene, the last one kept of it.
        const snapshot = await this.fetch(slug) ?? this.link.scenes.get(slug)?.snapshot;
        const held = this.alert && i === slugs.length - 1
          ? snapshot?.cases?.find((one) => one.mark === this.alert.mark) ?? null : null;
        if (snapshot) on.push({ slug, snapshot, held });
        else if (this.on[i]) on.push(this.on[i]);
      }
      const same = on.length === this.on.length && on.every((one, i) => one.snapshot === this.on[i].snapshot
        && one.slug === this.on[i].slug && one.held?.mark === this.on[i].held?.mark);
      if (!same && on.length) {
        this.draw(on);
        this.write(performance.now());
      }
      this.notice();
    }

    /** Take note of severe findings: new ones wait for their turn. */
    notice() {
      const { state } = this.link;
      const snapshot = this.picture;
      if (!snapshot || state.mode === "frozen" || state.mode === "replay" || !this.link.isCurrent(this.turn)) return;
      const place = `${state.epoch} ${state.place}`;
      const fresh = this.marks.fresh(place, snapshot.severe);
      const may = this.mayTurn && this.standing !== "stale";
      this.unseen = may ? 0 : fresh.length;
      this.newer = null;
      if (!may) return;
      const { pinned, turning } = this.programme;
      if (turning.includes(play.ALERTS)) this.queue.push(...fresh);
      else if (pinned.includes(play.ALERTS)) this.queue.length = 0; // it is on all the time
      if (fresh.length || !this.marks.known.has(place) || this.marks.known.get(place).length !== snapshot.severe.length) {
        this.marks.learn(place, snapshot.severe);
        keep.write("marks", this.marks.all);
      }
    }

    /** While something older is on the stage, ask now and then what is new. */
    async probe() {
      const { state } = this.link;
      const at = performance.now();
      if ((state.mode !== "frozen" && state.mode !== "replay") || at - this.probedAt < PROBE || this.standing === "offline") return;
      this.probedAt = at;
      const snapshot = await this.link.newest(this.turn);
      if (!snapshot) return;
      this.unseen = this.marks.fresh(`${state.epoch} ${state.place}`, snapshot.severe).length;
      const [here, there] = [this.picture?.data_until, snapshot.data_until].map((one) => (one ? Date.parse(one) : null));
      this.newer = there !== null && (here === null || there > here) ? there : null;
    }

    // -- drawing

    draw(on = this.on) {
      const began = performance.now();
      const { form } = this.form;
      this.drawnFor = `${this.form.wall}${this.form.halves}${HEADLINES[this.standing] ?? ""}`;
      const said = HEADLINES[this.standing];
      const nodes = [];
      for (const { slug, snapshot, held } of on) {
        const clauses = held && !said ? held.headline : snapshot[said] ?? snapshot.headline;
        const panels = held?.panels ?? snapshot.panels;
        const node = window.wall.scene(slug, snapshot, form, clauses, panels) ?? window.wall.scene(slug, snapshot, "wide", clauses, panels);
        if (node) nodes.push(node);
      }
      if (!nodes.length) return;
      const other = on.at(-1).slug !== this.on.at(-1)?.slug;
      this.on = on;
      this.dress();
      const [, scenes] = this.parts;
      scenes.replaceChildren(...nodes);
      for (const line of scenes.querySelectorAll(".msg")) window.wall.fit(line);
      // Asking for a size has the browser lay everything out: that belongs to the time it takes.
      void scenes.offsetHeight;
      if (!other) return;
      this.drawn = performance.now() - began;
      this.changes += 1;
    }

    /** Before the first picture: where it will stand. */
    wait() {
      const [, scenes] = this.parts;
      if (this.on.length || scenes.querySelector(".w-first")) return;
      scenes.replaceChildren(frame.el("section", "w-first", ...Array.from({ length: 4 }, () => frame.el("i", ""))));
    }

    write(at) {
      const { state } = this.link;
      const [head, , foot] = this.parts;
      const now = this.link.now();
      const minute = Math.floor(now / 60_000) * 60_000;
      const picture = this.picture;
      const dataUntil = picture?.data_until ? Date.parse(picture.data_until) : null;
      const { pinned, turning } = this.programme;
      const offline = this.standing === "offline";
      frame.head(head, {
        now: minute, name: state.campaign_name, place: state.place_name, demo: state.demo,
        tag: frame.tag({
          state: this.standing, mode: state.mode, now: minute, dataUntil, paused: this.pausedAt !== null,
          hour: state.hour ? Date.parse(state.hour) : null, ended: picture?.ended ?? false,
        }),
        note: this.unseen && !offline ? t("wall.life.unseen", { count: this.unseen }) : "",
      });
      const all = [...pinned, ...turning];
      const left = this.alert ? Math.max(0, this.alert.until - at) : 0;
      const kind = state.mode === "replay" && !offline ? "live" : this.standing;
      frame.foot(foot, this.footOf(kind, {
        now, minute, dataUntil, picture, all, pinned, left, next: turning[(turning.indexOf(this.turn) + 1) % turning.length],
      }));
      const done = this.alert ? 1 - left / play.ALERT : this.mayTurn ? 1 - Math.max(0, this.dueAt - at) / this.dwell : 1;
      foot.style.setProperty("--done", `${Math.round(Math.min(1, Math.max(0, done)) * 100)}%`);
    }

    footOf(kind, { now, minute, dataUntil, picture, all, pinned, left, next }) {
      const { state } = this.link;
      const slug = this.on[this.on.length - 1]?.slug ?? null;
      const common = { kind, minute, dataUntil, version: picture?.version ?? "", stamp: picture?.panels.stamp ?? null, all, pinned, slug };
      if (kind === "offline") {
        // A picture that is not renewed stands still since its own minute, whatever else the server says.
        const stoppedAt = picture ? Math.min(this.link.campaignNow, picture.minute * 60_000 + 59_999) : null;
        const silent = stoppedAt === null ? 0 : now - stoppedAt;
        return { ...common, stoppedAt, silent: silent < 60_000 ? Math.floor(silent / 1000) * 1000 : Math.floor(silent / 60_000) * 60_000, retry: RETRY };
      }
      if (kind === "frozen") {
        return { ...common, by: state.frozen_by ?? "—", frozenAt: state.frozen_at ? Date.parse(state.frozen_at) : minute, newer: this.newer };
      }
      if (kind === "alert") return { ...common, left: Math.ceil(left / 1000), whole: play.ALERT / 1000, waiting: this.queue.length };
      return { ...common, late: picture?.late ?? "", next, turns: this.mayTurn };
    }

    // -- somebody at the wall's own keyboard

    /** One scene on or back, whether it has something to say or not. */
    step(by) {
      if (!this.link.state || this.link.state.mode !== "rotate" || this.standing === "offline") return;
      const { turning } = this.programme;
      const from = this.alert ? turning.indexOf(this.alert.then) : turning.indexOf(this.turn);
      this.alert = null;
      this.begin(turning[(from + by + turning.length) % turning.length]);
      if (this.pausedAt !== null) this.pausedAt = performance.now();
    }

    pause() {
      if (!this.link.state || this.link.state.mode !== "rotate") return;
      if (this.pausedAt === null) this.pausedAt = performance.now();
      else this.resume();
    }

    /** Back to turning over. */
    resume() {
      if (this.pausedAt !== null && this.link.state) this.dueAt = performance.now() + this.dwell;
      this.pausedAt = null;
    }

    leave() {
      this.resume();
      if (this.alert) this.alert.until = 0;
    }
  }

  window.wall.Screen = Screen;
})();
