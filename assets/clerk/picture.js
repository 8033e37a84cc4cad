/* What the form shows of a site: the server's last answer with what waits on this phone laid over it. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { at } = clerk.time;
  const PENDING = ["waiting", "sent"];

  const span = (item) => [at(item.hour), at(item.ends_at)];
  const overlaps = ([from, to], [start, end]) => from < end && start < to;

  /** The period a row covers, as texts the server would write. */
  function ends(row, answer) {
    const hours = row.hours ?? answer.campaign.interval_minutes / 60;
    const end = at(row.hour) + hours * 3600000;
    return answer.hours.find((hour) => at(hour.ends_at) === end)?.ends_at ?? iso(end, row.hour);
  }

  /** A moment as the server writes it, in the offset of `like`. */
  function iso(moment, like) {
    const offset = /([+-])(\d\d):(\d\d)$/.exec(like);
    const minutes = (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3]));
    return new Date(moment + minutes * 60000).toISOString().slice(0, 19) + offset[0];
  }

  /** Totals at the beginning of every hour, with what waits counted like what stands. */
  function totals(answer, items) {
    const ordered = [...items].sort((a, b) => a.to - b.to);
    let sum = { ...(answer.hours[0]?.before ?? answer.totals) };
    const before = new Map();
    for (const hour of answer.hours) {
      while (ordered.length && ordered[0].to <= at(hour.hour)) sum = after(sum, ordered.shift());
      before.set(hour.hour, sum);
    }
    for (const item of ordered) sum = after(sum, item);
    return { before, sum };
  }

  function after(sum, { figures, counted }) {
    const persons = figures.persons_total ?? sum.persons + counted.persons;
    const tubes = figures.tubes_total ?? (sum.tubes === null || counted.tubes == null ? null : sum.tubes + counted.tubes);
    const copies = sum.third_copies === null || figures.third_copies == null
      ? null : sum.third_copies + figures.third_copies;
    return { persons, tubes, third_copies: copies };
  }

  /** {site, now, hours, runs, returned, troubles, conflicts, totals, waiting}: see the parts below. */
  function make(answer, entries, now) {
    const pending = entries.filter((entry) => PENDING.includes(entry.state));
    // What the server already answered with is its report, not an entry any more.
    const known = new Set(answer.reports.flatMap((report) => [report.key, ...report.earlier.map(({ key }) => key)]));
    const fresh = pending.filter((entry) => !known.has(entry.key));
    const corrected = new Map(fresh.filter((e) => e.row.correction_of).map((e) => [e.row.correction_of, e]));
    const newest = (key) => (corrected.has(key) ? newest(corrected.get(key).key) : key);
    const counting = [];
    for (const report of answer.reports) {
      if (newest(report.key) !== report.key) continue;
      const [, to] = span(report);
      counting.push({ to, figures: report.figures, counted: { persons: report.persons, tubes: report.tubes } });
    }
    const heads = fresh.filter((entry) => !corrected.has(entry.key));
    for (const entry of heads) {
      counting.push({ to: at(ends(entry.row, answer)), figures: entry.row, counted: entry.row });
    }
    const { before, sum } = totals(answer, counting);
    const hours = answer.hours.map((hour) => {
      const time = span(hour);
      const covers = (entry) => overlaps([at(entry.row.hour), at(ends(entry.row, answer))], time);
      const report = answer.reports.find((one) => overlaps(span(one), time)) ?? null;
      const entry = heads.find(covers) ?? null;
      const trouble = entries.find((one) => ["refused", "conflict"].includes(one.state) && covers(one)) ?? null;
      const open = hour.state !== "closed";
      const ended = time[1] <= now;
      return {
        ...hour, open, ended, report, entry, trouble, before: before.get(hour.hour),
        begun: time[0] <= now, overdue: at(hour.due_at) <= now,
        owed: open && ended && !report && !entry && !trouble,
      };
    });
    return {
      answer, now, hours, totals: sum, site: answer.site, campaign: answer.campaign,
      runs: runs(hours),
      returned: answer.reports.filter((report) => report.status === "returned" && newest(report.key) === report.key),
      troubles: entries.filter((entry) => ["refused", "conflict"].includes(entry.state)),
      waiting: entries.filter((entry) => entry.state === "waiting"),
    };
  }

  /** Hours that are owed, in runs no reported hour interrupts: one record may cover a whole run. */
  function runs(hours) {
    const found = [];
    let current = null;
    for (const hour of hours) {
      if (hour.owed) {
        if (!current) found.push((current = []));
        current.push(hour);
      } else if (hour.report || hour.entry || hour.trouble) current = null;
    }
    return found;
  }

  /** The hour a person most likely comes for: the oldest owed, else the last that is over, else the one that runs. */
  function due(picture) {
    const open = picture.hours.filter((hour) => hour.open || hour.report);
    return picture.runs[0]?.[0] ?? [...open].reverse().find((hour) => hour.ended)
      ?? open.find((hour) => hour.begun) ?? open[0] ?? null;
  }

  /** The next hour whose report is to come. */
  const next = (picture) => picture.hours.find((hour) => hour.open && !hour.ended && !hour.report && !hour.entry) ?? null;

  clerk.picture = { make, due, next, ends, iso };
})();
