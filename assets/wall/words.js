/* Sentences and times of a briefing screen. `wall.texts` and `wall.software` stand before this, written by the server. */
(() => {
  "use strict";
  let language = navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
  let zone = "Asia/Shanghai";
  let forms = {};

  /** The text of a key, its `{placeholders}` filled. */
  function t(key, values = {}) {
    return window.wall.texts[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /** From now on words are those of this language, times those of this zone. */
  function speak(spoken, where) {
    if (spoken === language && where === zone && forms.clock) return;
    language = spoken;
    zone = where;
    forms = {};
    document.documentElement.lang = spoken === "zh" ? "zh-CN" : "en";
  }

  function form(name, how) {
    // Making one takes a millisecond, and the clock asks every second for days.
    forms[name] ??= new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { ...how, timeZone: zone });
    return forms[name];
  }

  const clock = (ms) => form("clock", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);

  const day = (ms) => form("day", { month: language === "zh" ? "long" : "short", day: "numeric", weekday: "long" }).format(ms)
    .replace("日星期", "日 星期");

  /** A time as people say it at `now`: its day too where that is another one. */
  function at(ms, now) {
    const date = form("date", { month: "numeric", day: "numeric" });
    return date.format(ms) === date.format(now) ? clock(ms) : `${date.format(ms)} ${clock(ms)}`;
  }

  /** How long ago, as [number, unit's text]: minutes from the first one on, as the design counts them; hours from three. */
  function age(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds < 60) return [seconds, t("wall.life.seconds")];
    if (seconds < 3 * 3600) return [Math.floor(seconds / 60), t("wall.life.minutes")];
    if (seconds < 48 * 3600) return [Math.floor(seconds / 3600), t("wall.life.hours")];
    return [Math.floor(seconds / 86400), t("wall.life.days")];
  }

  Object.assign(window.wall, { t, speak, clock, day, at, age });
})();
