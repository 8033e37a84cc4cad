/* The paper form for when everything is down: one A4 page a site, its open hours as rows, signatures at the foot.
   Names and hours come from what the phone has kept or the server says; without either it is an empty form. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, t, store, queue } = clerk;
  const body = document.getElementById("body");
  const COLUMNS = ["persons", "tubes", "copies", "special_cases", "queue_minutes", "lanes_open"];
  const EMPTY_ROWS = 14;

  const line = (label, value = "") => h("span", { class: "line" }, h("span", {}, label), h("b", {}, value));

  function sheet(site, campaign, hours) {
    const rows = hours.length ? hours : Array.from({ length: EMPTY_ROWS }, () => null);
    const head = h("tr", {}, h("th", { scope: "col" }, t("paper.hour")),
      COLUMNS.map((name) => h("th", { scope: "col" }, t(`paper.column.${name}`))), h("th", { scope: "col" }, t("paper.by")));
    const row = (hour) => h("tr", {}, h("th", { scope: "row" }, hour ?? ""), [...COLUMNS, "by"].map(() => h("td", {})));
    return h("article", { class: "sheet" },
      h("header", {}, h("h1", {}, t("paper.heading")), h("div", {}, campaign ? clerk.name(campaign) : "")),
      h("div", { class: "lines" }, line(t("paper.site"), site ? clerk.name(site) : ""), line(t("paper.code"), site?.code),
        line(t("paper.town"), site ? clerk.name(site, "parent_name") : ""), line(t("paper.date"), hours.length ? site.day : "")),
      h("table", {}, h("caption", { class: "visually-hidden" }, t("paper.heading")), h("thead", {}, head),
        h("tbody", {}, rows.map(row)), h("tfoot", {}, row(t("paper.sum")))),
      h("ul", { class: "how" }, ["zero", "unknown", "copies", "enter"].map((name) => h("li", {}, t(`paper.how.${name}`)))),
      h("div", { class: "signs" }, ["clerk", "handed", "town", "entered"].map((name) => line(t(`paper.sign.${name}`)))));
  }

  /** The pages of one site: a page a day. */
  function sheets(site, campaign, starts) {
    const minutes = campaign.interval_minutes;
    const days = new Map();
    for (const start of starts) {
      const day = start.slice(0, 10);
      const end = new Date(Date.parse(`${start.slice(0, 19)}Z`) + minutes * 60000).toISOString();
      days.set(day, [...(days.get(day) ?? []), clerk.time.span(start, end)]);
    }
    return [...days].map(([day, hours]) => sheet({ ...site, day }, campaign, hours));
  }

  async function known() {
    const asked = new URLSearchParams(location.search);
    const answer = await queue.ask("/api/v1/me");
    const me = answer.status === 200 ? answer.json : answer.status === 0 ? await store.get("me").catch(() => null) : null;
    const campaign = asked.get("campaign") ?? me?.campaign;
    if (!me || !campaign) return [];
    const wanted = asked.get("site");
    const base = `/api/v1/campaigns/${encodeURIComponent(campaign)}/clerk/sites`;
    const fresh = await queue.ask(base);
    const below = fresh.status === 200 ? fresh.json : await store.get(`below ${me.login} ${campaign}`).catch(() => null);
    if (fresh.status === 200) await store.keep(`below ${me.login} ${campaign}`, fresh.json).catch(() => {});
    const sites = (below?.sites ?? []).filter((site) => !wanted || site.code === wanted);
    return sites.flatMap((site) => sheets(site, below.campaign, site.hours));
  }

  async function begin() {
    await clerk.text.load();
    document.title = t("paper.title");
    const all = await known();
    const pages = all.length ? all : [sheet(null, null, [])];
    const print = h("button", { type: "button", class: "bt", onclick: () => window.print() }, t("paper.print", { count: pages.length }));
    body.replaceChildren(h("div", { class: "paper-bar" }, h("a", { class: "tap", href: "/clerk" }, t("paper.back")), print), ...pages);
    document.body.dataset.ready = String(pages.length);
  }

  begin();
})();
