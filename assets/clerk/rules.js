/* The arithmetic a field's message states. The server judges (domain/reports.py, `check_possible` and `judge`); what
   stands here only says the same beforehand, with the limits the server gave. A test holds both against a table. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});

  /** Why a row is impossible, as the server would say it: null, or {persons, tubes, lanes, pool, most, least}. */
  function impossible(row, site) {
    const lanes = Math.max(site.lanes ?? 0, row.lanes_open ?? 0);
    if (!lanes) return null;
    const pool = row.pool_size ?? site.pool_size;
    for (const [persons, tubes] of [[row.persons, row.tubes], [row.persons_total, row.tubes_total]]) {
      if (persons == null || tubes == null || persons <= (tubes + lanes) * pool) continue;
      const least = Math.max(0, Math.ceil(persons / pool) - lanes);
      return { persons, tubes, lanes, pool, most: (tubes + lanes) * pool, least };
    }
    return null;
  }

  const message = (kind, text, params) => ({ kind, text, params });

  /** What to say under each field. `figures` are {persons, tubes, copies} of this hour or, with `total`, up to its
      end; `before` are the totals when the hour began. Each answer is {kind: ok|warn|crit, text, params} or null. */
  function check(figures, { total, before, site, lanes_open, pool_size }) {
    const { persons, tubes, copies } = figures;
    const said = { persons: null, tubes: null, copies: null };
    const row = total ? { persons_total: persons, tubes_total: tubes } : { persons, tubes };
    const refused = impossible({ ...row, lanes_open, pool_size }, site);
    const hour = {
      persons: total && persons !== null ? persons - before.persons : persons,
      tubes: total ? (tubes === null || before.tubes === null ? null : tubes - before.tubes) : tubes,
    };
    if (total && persons !== null) {
      said.persons = hour.persons < 0
        ? message("warn", "check.total_falls", { before: before.persons, by: -hour.persons })
        : message("ok", "check.this_hour", { persons: hour.persons });
    }
    if (refused) said.tubes = message("crit", "check.impossible", refused);
    else if (hour.tubes < 0) said.tubes = message("warn", "check.tubes_fall", { before: before.tubes, by: -hour.tubes });
    else if (hour.persons > 0 && hour.tubes !== null) said.tubes = rate(hour, pool_size ?? site.pool_size);
    // Where not every hour's copies are known there is no total of them: then the field asks for this hour's.
    const held = total && before.third_copies === null ? hour.tubes : tubes;
    if (total && copies !== null && copies < (before.third_copies ?? 0)) {
      said.copies = message("crit", "check.copies_fall", { before: before.third_copies });
    } else if (copies !== null && held !== null) {
      said.copies = copies === held
        ? message("ok", "check.copies_same", { copies })
        : message("warn", copies < held ? "check.copies_less" : "check.copies_more", { by: Math.abs(held - copies) });
    }
    return said;
  }

  function rate({ persons, tubes }, pool) {
    if (persons > Math.max(tubes, 0) * pool) {
      return message("warn", "check.over", { tubes, most: tubes * pool, persons, least: Math.ceil(persons / pool) });
    }
    return message("ok", "check.rate", { rate: (persons / tubes).toFixed(1) });
  }

  /** Digits as people type them: full-width ones, thousands marks. null is empty, NaN is no whole number. */
  function read(typed) {
    const plain = typed.normalize("NFKC").replace(/[\s,，'’]/g, "");
    if (plain === "") return null;
    return /^\d{1,9}$/.test(plain) ? Number(plain) : NaN;
  }

  clerk.rules = { impossible, check, read };
})();
