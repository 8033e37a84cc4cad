/* The head and the foot of the stage: clock, stamp, what is on and what comes, and how the screen stands. */
(() => {
  "use strict";
  const { t, clock, day, at, age } = window.wall;

  function el(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  function ic(name) {
    const mark = el("i", `ic ic-${name}`);
    mark.setAttribute("aria-hidden", "true");
    return mark;
  }

  const space = () => el("span", "sp");
  const title = (slug) => t(`wall.scene.${slug}`);

  /** A sentence one of whose values stands out: its text has `{age}` where the number goes. */
  function counted(key, values, ms) {
    const [number, unit] = age(ms);
    const [before, after] = t(key, { ...values, age: "\u0000", unit }).split("\u0000");
    return el("span", "", before, el("span", "age num", String(number)), after);
  }

  function replaceIfOther(node, facts, build) {
    // Every quarter of a second the frame is asked whether it still holds; it is made anew when a word of it changes.
    const { stamp, ...rest } = facts;
    const said = JSON.stringify(rest);
    if (node.said === said) return;
    node.said = said;
    node.replaceChildren(...build(facts));
  }

  // -- head

  function head(node, facts) {
    const { now, name, place, demo } = facts;
    replaceIfOther(node, { day: day(now), clock: clock(now), name, place, demo, tag: facts.tag, note: facts.note }, (f) => [
      el("b", "", f.name),
      el("span", "where", f.place),
      ...(f.demo ? [el("span", "where demo", t("wall.life.demo"))] : []),
      ...(f.tag ? [el("span", "tag", ic(f.tag.icon), f.tag.text)] : []),
      ...(f.note ? [el("span", "w-note", ic("crit"), f.note)] : []),
      space(),
      el("span", "day", f.day),
      el("span", "clk num", f.clock),
    ]);
  }

  /** The tag of a picture that is not what is now. */
  function tag({ state, mode, now, dataUntil, paused, hour, ended, until }) {
    if (state === "offline") return null;
    if (mode === "frozen") {
      const when = dataUntil === null ? "—" : at(dataUntil, now);
      const [number, unit] = dataUntil === null ? ["—", ""] : age(now - dataUntil);
      return { icon: "pause", text: t("wall.life.frozen", { at: when, age: number, unit }) };
    }
    if (mode === "replay") return { icon: "play", text: t("wall.life.replay", { at: hour === null ? "—" : at(hour, now) }) };
    if (mode === "hold") return { icon: "pause", text: t("wall.life.held") };
    if (paused) return { icon: "pause", text: t("wall.life.paused") };
    if (ended) return { icon: "ok", text: t("wall.life.ended") };
    return null;
  }

  // -- foot

  function foot(node, facts) {
    node.classList.toggle("strip", facts.kind === "stale" || facts.kind === "offline");
    node.classList.toggle("strip-stale", facts.kind === "stale");
    node.classList.toggle("strip-offline", facts.kind === "offline");
    replaceIfOther(node, facts, (f) => KINDS[f.kind](f));
  }

  const stamp = (f) => (f.stamp ? [window.wall.build(f.stamp)] : []);

  const KINDS = {
    offline: (f) => [
      ic("off"),
      f.stoppedAt === null ? el("span", "", t("wall.life.offline_from_start"))
        : counted("wall.life.offline", { at: at(f.stoppedAt, f.minute) }, f.silent),
      space(),
      el("span", "plain", f.dataUntil === null ? t("wall.life.retry", { seconds: f.retry })
        : t("wall.life.as_of_retry", { at: at(f.dataUntil, f.minute), seconds: f.retry })),
    ],
    stale: (f) => [
      ic("warn"),
      f.dataUntil === null ? el("span", "", t("wall.life.stale_from_start"))
        : counted("wall.life.stale", { at: at(f.dataUntil, f.minute) }, f.minute - f.dataUntil),
      space(),
      el("span", "plain", f.late),
      ...(f.late ? [] : where(f)),
    ],
    frozen: (f) => [
      ...stamp(f),
      space(),
      el("span", "", t("wall.life.frozen_by", { who: f.by, at: at(f.frozenAt, f.minute) }),
        ...(f.newer === null ? [] : [" · ", el("b", "", t("wall.life.newer", { at: at(f.newer, f.minute) })), t("wall.life.after_release")])),
    ],
    alert: (f) => {
      const [before, after] = t("wall.life.alert_left", { left: "\u0000", whole: f.whole }).split("\u0000");
      return [...stamp(f), space(), el("span", "", before, el("b", "num", String(f.left)), after), el("span", "drain", el("i", "")),
        ...(f.waiting ? [el("span", "", t("wall.life.alerts_wait", { count: f.waiting }))] : []),
        el("span", "", numbered(f))];
    },
    live: (f) => [...stamp(f), space(), ...where(f)],
  };

  const numbered = (f) => `${f.all.indexOf(f.slug) + 1}/${f.all.length} ${title(f.slug)}`;

  /** Which scene of which this is; on a wide wall, also which ones stay. */
  function where(f) {
    if (f.all.length < 2 || !f.slug) return [];
    const stays = f.pinned.length
      ? [el("span", "", t("wall.life.left"), " ", el("b", "", f.pinned.map(title).join(" · ")), " ", t("wall.life.stays")), el("span", "", t("wall.life.turns"))]
      : [];
    const ticks = f.all.map((slug) => {
      const past = f.all.indexOf(slug) < f.all.indexOf(f.slug);
      return el("i", slug === f.slug ? "on" : past ? "past" : "");
    });
    const next = f.next && f.turns ? [" ", el("span", "faint", t("wall.life.next", { scene: title(f.next) }))] : [];
    return [...stays, el("span", "ticks", ...ticks), el("span", "", numbered(f), ...next)];
  }

  window.wall.frame = { head, foot, tag, el, ic };
})();
