/* Hours as the campaign's people call them, and its clock. The server writes times in the campaign's own zone, so
   what they are called stands in the text itself, whatever zone the phone is set to. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});

  const at = (iso) => Date.parse(iso);
  const clock = (iso) => iso.slice(11, 16);
  /** 14 for 14:00, 14:30 for half past; midnight that ends a day is 24. */
  function end(iso) {
    const [hours, minutes] = clock(iso).split(":");
    return minutes === "00" ? String(Number(hours) || 24) : `${Number(hours)}:${minutes}`;
  }
  function begin(iso) {
    const [hours, minutes] = clock(iso).split(":");
    return minutes === "00" ? String(Number(hours)) : `${Number(hours)}:${minutes}`;
  }
  const span = (from, to) => clerk.t("time.span", { from: begin(from), to: end(to) });
  const hour = (iso) => clerk.t("time.hour", { hour: end(iso) });

  /** The campaign's time now, by the last answer: the phone's own clock only measures what has passed since. */
  function now(answer, received) {
    return at(answer.server_time) + Math.max(0, Date.now() - received) * answer.speed;
  }

  /** A moment as a clock of the campaign's zone shows it. `like` is any time the server wrote. */
  function shown(moment, like) {
    const offset = /([+-])(\d\d):(\d\d)$/.exec(like);
    const minutes = offset ? (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) : 0;
    return new Date(moment + minutes * 60000).toISOString().slice(11, 16);
  }

  clerk.time = { at, clock, begin, end, span, hour, now, shown };
})();
