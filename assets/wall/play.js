/* What a screen shows: rules without a page. Times are milliseconds. */
(() => {
  "use strict";
  const UPRIGHT = ["wall-progress", "wall-labs", "wall-alerts"];
  const PINNED_FIRST = "wall-progress";
  const ALERTS = "wall-alerts";
  const GONE = 15_000; // three contacts of five seconds missed
  const ALERT = 30_000;

  /** How a screen of that size is filled: full 16:9 scenes beside each other, or one upright. The same rule tells the
      fleet page what fits (`domain/screens.py`, `layout`): tests/browser/test_wall_rules.py asks both. */
  function shape(width, height, scenes) {
    if (height > width && scenes.some((slug) => UPRIGHT.includes(slug))) return { form: "tall", wall: "tall", halves: 1 };
    const halves = Math.max(1, Math.min(Math.floor(width / height / 1.77), scenes.length));
    return { form: "wide", wall: halves > 1 ? "duo" : "", halves };
  }

  /** The scenes that stand still and those that take turns. A wide wall keeps the overall progress on its left. */
  function programme(scenes, { form, halves }) {
    const all = form === "tall" ? scenes.filter((slug) => UPRIGHT.includes(slug)) : scenes;
    const first = [...all].sort((a, b) => (b === PINNED_FIRST) - (a === PINNED_FIRST));
    const pinned = first.slice(0, halves - 1);
    return { pinned, turning: all.filter((slug) => !pinned.includes(slug)) };
  }

  /** offline > frozen > stale > alert > live. `silent` is for how long the server has said nothing, or nothing that
      could be shown; `staleAt` when the data shown became too old. */
  function standing({ silent, mode, now, staleAt, alert }) {
    if (silent > GONE) return "offline";
    if (mode === "frozen") return "frozen";
    if (staleAt !== null && now >= staleAt) return "stale";
    return alert ? "alert" : "live";
  }

  /** Severe findings since a screen looked last, by place: one that is new is held once. What a place showed when it
      was first looked at is not new. */
  class Marks {
    constructor(kept) {
      this.known = new Map(Object.entries(kept ?? {}));
    }

    fresh(place, severe) {
      const known = this.known.get(place);
      return known ? severe.filter((mark) => !known.includes(mark)) : [];
    }

    /** Take note of these, and forget what is over. */
    learn(place, severe) {
      this.known.set(place, [...severe]);
    }

    get all() {
      return Object.fromEntries(this.known);
    }
  }

  /** Where the stage stands against burn-in: another corner of 8 px every ten minutes. */
  function shift(ms) {
    const step = Math.floor(ms / 600_000) % 5;
    return [[0, 0], [4, 4], [-4, 4], [-4, -4], [4, -4]][step];
  }

  window.wall.play = { shape, programme, standing, Marks, shift, ALERTS, ALERT, GONE };
})();
