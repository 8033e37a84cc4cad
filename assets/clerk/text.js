/* Which language, its texts, and how numbers are written. Texts come from the server once per version and are kept
   by the service worker. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const LANGUAGES = ["zh", "en"];
  /* What each language calls itself, whoever reads it. */
  const NAMES = { zh: "中文", en: "English" };
  const KEY = "lang";
  let texts = {};

  const remembered = () => {
    try { return localStorage.getItem(KEY); } catch { return null; } // storage may be forbidden
  };
  const browsers = () => (navigator.languages ?? [navigator.language]).map((tag) => tag.toLowerCase().split("-")[0]);
  const stated = () => new URLSearchParams(location.search).get("lang");
  const pick = () => [stated(), remembered(), ...browsers()].find((name) => LANGUAGES.includes(name)) ?? "zh";

  async function load(language = pick()) {
    const answer = await fetch(`/clerk/texts/${language}.json?v=${document.body.dataset.version}`);
    texts = await answer.json();
    clerk.language = language;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  }

  /** Another language from now on. */
  async function choose(language) {
    try { localStorage.setItem(KEY, language); } catch { /* then as long as the page is open */ }
    await load(language);
  }

  /** The text of a full key; empty where there is none. */
  function said(key, params = {}) {
    return (texts[key] ?? "").replace(/\{(\w+)\}/g, (all, name) => (name in params ? String(params[name]) : all));
  }

  /** The form's own text `key`, its {placeholders} filled. */
  function t(key, params) {
    const full = `clerk.${key}`;
    if (!(full in texts)) throw new Error(`no text ${full}`);
    return said(full, params);
  }

  /** A whole number as people write it; what is unknown is a dash, never zero. */
  function count(number) {
    if (number === null || number === undefined) return "—";
    return number.toLocaleString("en-US").replace("-", "\u2212");
  }
  const signed = (number) => (number > 0 ? `+${count(number)}` : count(number));

  /** The name of a place in the reader's language. */
  const name = (place, of = "name") => (clerk.language === "en" && place[`${of}_en`]) || place[of];

  Object.assign(clerk, { text: { load, choose, NAMES }, t, said, count, signed, name });
})();
