/* Reads a message as clerks write them (`截至14时累计采样1234人，用管124支，第三联124张`), or rows of a spreadsheet, without
   asking anybody: it has to work where there is no network. Nothing is guessed: a number whose meaning is not said
   stays out and is named as not understood. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});

  const FIELDS = ["persons", "tubes", "copies", "special_cases", "queue_minutes", "lanes_open"];
  const IN_ROWS = ["persons", "tubes", "copies", "special_cases", "queue_minutes", "lanes_open"];
  const MOST = 10000000;

  /* Words. `label` stands before its number, `unit` behind it, `both` in either place. */
  const WORDS = [
    ["label", "copies", /第三联(?:条形?码)?(?:张数|数量|数)?|三联单?(?:张数|数量|数)?|条形?码(?:张数|数)?/y],
    ["both", "copies", /(?:third|3rd)[ -]?cop(?:y|ies)|cop(?:y|ies)/iy],
    ["label", "special_cases", /特殊(?:情况|人员|人群)?(?:登记)?(?:人数|数)?/y],
    ["both", "special_cases", /special(?: cases?)?/iy],
    ["label", "queue_minutes", /排队(?:时间|等候|约)?|等候(?:时间)?/y],
    ["label", "queue_minutes", /queue(?: time)?|wait(?:ing)?(?: time)?/iy],
    ["label", "lanes_open", /(?:开放|开)(?:采样)?台(?:数|位)?|采样台数?|开台数?|卡位数?|开(?=\d)/y],
    ["both", "lanes_open", /lanes?(?: open)?/iy],
    ["label", "tubes", /(?:使用|共用|已用|用)(?:采样|试)?管(?:数|量)?|(?:采样|试)管(?:数|量)?|管数/y],
    ["both", "tubes", /tubes?(?: used)?/iy],
    ["unit", "tubes", /个?管(?!数|量|理)|支(?!持|援)|根/y],
    ["label", "persons", /(?:核酸)?采(?:样|集)(?:核酸)?(?:样本|标本)?(?:了|总)?(?:人数|人次|数)?|检测人数|人数|采了|采|共?采/y],
    ["both", "persons", /(?:persons?|people)(?: sampled)?|sampled|samples?/iy],
    ["unit", "persons", /人次|人份|人|名|位/y],
    ["unit", "copies", /张|份|联/y],
    ["unit", "queue_minutes", /分钟|minutes?|mins?\b/iy],
    ["unit", "lanes_open", /台/y],
  ];
  const TOTAL = /累计(?:已)?|总计|合计|共计|总共|总数|running total|cumulative|so far|in total|total/iy;
  const THIS_HOUR = /本(?:小时|时段|时)|这(?:个|一)?(?:小时|时段)|当(?:小时|时段)|this (?:hour|period)/iy;
  const UP_TO = /截[至止到](?:目前)?|as of|until|up to|by(?= \d)/iy;
  const FILLER = new RegExp(
    "上报|汇报|报告|报送|今天|今日|目前|现在|一共|一致|我点|本点|我站|本站|我们|各位|领导|老师|您好|你好|收到|请查收|数据|情况|小时|时段"
    + "|采样点|辛苦了|谢谢|report(?:ed|ing)?|hour(?:ly)?|today|hello|thanks?|and|the|of|at|is|are|were|was|have|had|used|we"
    + "|为|是|有|了|共|数|的|已|和|与|及|报|好|从|到|至", "iy");
  const DATE = /\d{4}[-\/.年]\d{1,2}[-\/.月]\d{1,2}日?(?:T)?|\d{1,2}月\d{1,2}[日号]|(?<![\d\/])(?:1[0-2]|0?[1-9])\/(?:3[01]|[12]\d|0?[1-9])(?![\d\/])/y;
  const HAN = "[零〇一二两三四五六七八九十百千]";
  const PART = "上午|下午|早上|早晨|凌晨|中午|晚上|晚|早";
  const NUM = `\\d{1,2}|${HAN}{1,3}`;
  const MARK = "点钟?|时(?!段)";
  const RANGE = new RegExp(
    `(?:(${PART}) ?)?(${NUM})(?:[:](\\d\\d)|(?:${MARK})(半)?)? ?(?:-|–|—|~|至|到|to) ?(?:(${PART}) ?)?(${NUM})(?:[:](\\d\\d)|(?:${MARK})(半)?| ?h\\b)`, "iy");
  const POINT = new RegExp(
    `(?:(${PART}) ?)?(${NUM})(?:[:](\\d\\d)(?::\\d\\d)?(?: ?(am|pm))?|(?:${MARK})(半|整|\\d\\d分)?| ?(am|pm)\\b|h\\b)`, "iy");
  const NUMBER = new RegExp(
    "[-−+]?\\d{1,3}(?:[,'’ ]\\d{3})+(?![\\d])(?:\\.\\d+)?|[-−+]?\\d+(?:\\.\\d+)?", "y");
  const TEN_THOUSAND = /\s*万(\d{1,4})?/y;
  const HAN_NUMBER = new RegExp(`[零〇一二两三四五六七八九十百千万]+`, "y");
  const ROUGHLY = /(?:大约|大概|约|近|估计|差不多|about|around|roughly|approx\.?)\s*$/i;
  const OTHER_MEASURE = /\s*(?:箱|盒|套|包|瓶|辆|车|次|例|%|％|度|℃|米|元|岁|号|楼|天|boxes|box|cars?)/y;

  /** The same text with full-width characters as half-width ones, of the same length. */
  function plain(text) {
    return [...text].map((letter) => {
      if (letter.length > 1) return " ".repeat(letter.length);
      const map = { "，": ",", "：": ":", "；": ";", "。": ";", "、": ",", "　": " ", "\u00a0": " ", "（": "(", "）": ")", "－": "-", "〜": "~" };
      if (letter in map) return map[letter];
      const code = letter.charCodeAt(0);
      return code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : letter;
    }).join("");
  }

  /** 三百一十八 is 318, 三千二 is 3200, 一万二 is 12000; null where it is no number. */
  function chinese(text) {
    const UNITS = { 十: 10, 百: 100, 千: 1000, 万: 10000 };
    let total = 0, section = 0, digit = null, last = 1;
    for (const letter of text) {
      if (letter in UNITS) {
        const unit = UNITS[letter];
        if (unit === 10000) { total = (total + section + (digit ?? 0)) * unit; section = 0; }
        else section += (digit ?? 1) * unit;
        digit = null;
        last = unit;
      } else {
        const value = letter === "两" ? 2 : letter === "〇" ? 0 : "零一二三四五六七八九".indexOf(letter);
        if (value < 0) return null;
        if (digit !== null && digit !== 0) return spelled(text);
        digit = value;
        if (value === 0) last = 1;
      }
    }
    // A digit that ends the word counts the next lower unit: 三千二 is 3200.
    return total + section + (digit ?? 0) * (digit && last > 10 ? last / 10 : 1);
  }

  /** 一二三四 read out digit by digit. */
  function spelled(text) {
    const digits = [...text].map((letter) => (letter === "两" ? 2 : letter === "〇" ? 0 : "零一二三四五六七八九".indexOf(letter)));
    return digits.every((digit) => digit >= 0) ? Number(digits.join("")) : null;
  }

  function match(pattern, text, from) {
    pattern.lastIndex = from;
    return pattern.exec(text);
  }

  // -- times

  const small = (text) => (/^\d+$/.test(text) ? Number(text) : chinese(text));

  /** Minutes of the day a clock may mean: a bare 2点 may be two at night or in the afternoon. */
  function clocks(part, hour, minutes, half, meridiem) {
    const base = small(hour);
    if (base === null || base > 24) return [];
    const rest = half === "半" ? 30 : minutes ? Number(minutes) : /^\d\d分$/.test(half ?? "") ? Number(half.slice(0, 2)) : 0;
    if (rest > 59) return [];
    const late = /下午|晚|pm/i.test(`${part ?? ""}${meridiem ?? ""}`) || (part === "中午" && base < 11);
    const early = /上午|早|凌晨|am/i.test(`${part ?? ""}${meridiem ?? ""}`);
    if (late) return [(base < 12 ? base + 12 : base) * 60 + rest];
    if (early || base > 12 || part === "中午" || /^0\d/.test(hour)) return [base * 60 + rest];
    return [base * 60 + rest, (base + 12) * 60 + rest];
  }

  const minutesOf = (iso) => Number(iso.slice(11, 13)) * 60 + Number(iso.slice(14, 16));
  const sameClock = (minutes, iso) => minutes % 1440 === minutesOf(iso);

  /** The period a stated time means: owed ones first, else the latest that has begun. */
  function period(begins, ends, hours) {
    const fits = (hour) => ends.some((end) => sameClock(end, hour.ends_at))
      && (!begins || begins.some((begin) => sameClock(begin, hour.hour)));
    const begun = hours.filter((hour) => hour.begun);
    const found = begun.filter((hour) => hour.owed && fits(hour)).pop() ?? begun.filter(fits).pop();
    if (found || !begins) return found ?? null;
    return several(begins, ends, begun);
  }

  /** 12-14时 over periods of one hour: both together. */
  function several(begins, ends, begun) {
    for (let index = begun.length - 1; index > 0; index -= 1) {
      if (!ends.some((end) => sameClock(end, begun[index].ends_at))) continue;
      for (let first = index - 1; first >= 0 && begun[first].ends_at === begun[first + 1].hour; first -= 1) {
        if (begins.some((begin) => sameClock(begin, begun[first].hour))) {
          return { ...begun[first], ends_at: begun[index].ends_at, due_at: begun[index].due_at };
        }
      }
    }
    return null;
  }

  function timeAt(text, from, hours) {
    const range = match(RANGE, text, from);
    if (range) {
      const marked = /[:点时h]/.test(range[0]);
      const end = clocks(range[5] ?? range[1], range[6], range[7], range[8]);
      const begin = clocks(range[1], range[2], range[3], range[4]);
      if (marked && begin.length && end.length) return { length: range[0].length, period: period(begin, end, hours) };
    }
    const point = match(POINT, text, from);
    if (!point) return null;
    const end = clocks(point[1], point[2], point[3], point[5], point[4] ?? point[6]);
    return end.length ? { length: point[0].length, period: period(null, end, hours) } : null;
  }

  // -- numbers

  function numberAt(text, from) {
    const arabic = match(NUMBER, text, from);
    if (arabic) {
      const bare = arabic[0].replace(/[,'’ ]/g, "").replace("−", "-");
      const tens = match(TEN_THOUSAND, text, from + arabic[0].length);
      if (!tens) return { length: arabic[0].length, value: Number(bare) };
      const rest = tens[1] ? Number(tens[1]) * 10 ** (4 - tens[1].length) : 0;
      return { length: arabic[0].length + tens[0].length, value: Math.round(Number(bare) * 10000 + rest) };
    }
    const han = match(HAN_NUMBER, text, from);
    if (!han) return null;
    const value = chinese(han[0]);
    return value === null ? null : { length: han[0].length, value, han: true };
  }

  const countable = (value) => Number.isInteger(value) && value >= 0 && value <= MOST;

  function wordAt(text, from) {
    for (const [type, field, pattern] of WORDS) {
      const found = match(pattern, text, from);
      if (found && whole(text, from, found[0])) return { type, field, length: found[0].length };
    }
    return null;
  }

  // -- prose

  /** Tokens of one line: {kind: time|number|word|total|hour|gap|unknown, from, to, …}. */
  function tokens(text, offset, { hours, names }) {
    const found = [];
    let at = 0;
    const add = (kind, length, more = {}) => { found.push({ kind, from: offset + at, to: offset + at + length, ...more }); at += length; };
    while (at < text.length) {
      const date = match(DATE, text, at);
      const word = date ? null : wordAt(text, at);
      const time = date || (word && word.length > 1) ? null : timeAt(text, at, hours);
      const upTo = match(UP_TO, text, at);
      const total = match(TOTAL, text, at), hour = match(THIS_HOUR, text, at);
      const filler = match(FILLER, text, at), name = names && nameAt(text, at, names);
      if (date) add("filler", date[0].length);
      else if (time) add("time", time.length, { period: time.period });
      else if (total) add("total", total[0].length);
      else if (upTo) add("total", upTo[0].length, { weak: true });
      else if (hour) add("hour", hour[0].length);
      else if (word && !(found[found.length - 1]?.kind === "unknown" && word.length === 1 && !/\d/.test(text[at - 1]))) add("word", word.length, word);
      else if (name) add("filler", name);
      else if (filler && whole(text, at, filler[0]) && !(found[found.length - 1]?.kind === "unknown" && filler[0].length === 1)) add("filler", filler[0].length);
      else {
        const number = numberAt(text, at);
        if (number && !(number.han && found[found.length - 1]?.kind === "unknown")) add("number", number.length, { value: number.value, han: number.han });
        else if (/[\s,;:.!?()~|·=+*<>【】「」"'“”—–-]/.test(text[at])) add("gap", 1, { mark: text[at] });
        else {
          const before = found[found.length - 1];
          if (before?.kind === "unknown") { before.to += 1; at += 1; } else add("unknown", 1);
        }
      }
    }
    return found;
  }

  /** An English word counts only as a whole. */
  function whole(text, at, word) {
    return !/[a-z]/i.test(word) || (!/[a-z]/i.test(text[at - 1] ?? "") && !/[a-z]/i.test(text[at + word.length] ?? ""));
  }

  /** How much of the site's own name, at least two letters, stands at `at`. */
  function nameAt(text, at, names) {
    for (let length = Math.min(24, text.length - at); length >= 2; length -= 1) {
      const part = text.slice(at, at + length).toLowerCase();
      if (/^\d+$/.test(part) || /^\s|\s$/.test(part)) continue;
      if (names.some((name) => name.toLowerCase().includes(part))) return length;
    }
    return 0;
  }

  const blank = () => ({ period: null, time: "", figures: {}, totals: {}, sources: {} });
  const empty = (group) => !Object.keys(group.figures).length && !Object.keys(group.totals).length;

  function readProse(text, offset, original, context, result, group) {
    const all = tokens(text, offset, context);
    strand(all);
    let pending = null, scope = null, once = false, weak = false;
    const say = (token) => original.slice(token.from, token.to);
    const mark = (token, kind) => result.marks.push({ from: token.from, to: token.to, kind });
    for (let index = 0; index < all.length; index += 1) {
      const token = all[index];
      if (token.kind === "time") {
        if (token.period) {
          if (!empty(group.now)) { group.now = blank(); result.groups.push(group.now); pending = scope = null; }
          if (!group.now.period) { group.now.period = token.period; group.now.time = say(token); mark(token, "known"); }
        } else { mark(token, "unknown"); group.now.stray = say(token); }
      } else if (token.kind === "total") {
        // A total named after this hour's own count is one number; before it, it speaks of all that follow.
        once = "persons" in group.now.figures;
        weak = !!token.weak && scope !== "total";
        scope = "total";
        pending = "persons";
      } else if (token.kind === "hour") {
        // "By 2 pm 318 people this hour": what only a time had made a total is the hour's.
        if (weak && !Object.keys(group.now.figures).length) toHour(group.now);
        scope = "hour"; once = weak = false; pending = null;
      }
      else if (token.kind === "word" && (token.type !== "unit" || all[index + 1]?.kind === "number")) pending = token.field;
      else if (token.kind === "number") {
        const used = take(token, all, index, pending, scope, group.now, say, text, offset);
        if (used) { mark(token, "known"); if (used.skip) index += used.skip; } else mark(token, "unknown");
        if (once && used) { scope = "hour"; once = false; }
        pending = null;
      } else if (token.kind === "unknown") mark(token, "unknown");
      if (token.kind === "gap" && /[;.]/.test(token.mark)) pending = null;
    }
  }

  function toHour(group) {
    group.figures = group.totals;
    group.totals = {};
    group.sources = Object.fromEntries(Object.entries(group.sources).map(([name, said]) => [name.replace("total.", ""), said]));
  }

  /** A label that touches words nobody understands belongs to them: 试管只剩两箱 is one remark, no count. */
  function strand(all) {
    all.forEach((token, index) => {
      if (token.kind === "word" && all[index + 1]?.kind === "unknown") token.kind = "unknown";
    });
  }

  /** Whether the unit at `index` in truth heads the next number: `人数318 管34`. */
  const heads = (all, index, pending) =>
    pending !== null && all[index].field !== pending && all[index + 1]?.kind === "number";

  /** What a number counts: said by the label before it or the unit behind it. */
  function take(token, all, index, pending, scope, group, say, text, offset) {
    if (!countable(token.value)) return null;
    if (match(OTHER_MEASURE, text, token.to - offset)) return null;
    let skip = 0, unit = null;
    let after = index + 1;
    while (all[after]?.kind === "gap" && all[after].mark === " ") after += 1;
    const next = all[after];
    if (next?.kind === "word" && next.type !== "label" && !heads(all, after, pending)
      && (next.type === "unit" || pending === null || pending === next.field)) {
      unit = next.field;
      skip = after - index;
    }
    // Minutes and tables of what? Only where a label says so.
    if (["queue_minutes", "lanes_open"].includes(unit) && pending !== unit) return null;
    let field = unit ?? pending;
    // 特殊 2 人 are two special cases; 人 says only that people are counted.
    if (unit === "persons" && pending === "special_cases") field = pending;
    if (!field) return null;
    // A rough number is no count; a queue is only ever estimated.
    if (field !== "queue_minutes" && ROUGHLY.test(text.slice(0, token.from - offset))) return null;
    const into = scope === "total" && ["persons", "tubes", "copies"].includes(field) ? group.totals : group.figures;
    if (field in into) return into[field] === token.value ? { skip } : null;
    into[field] = token.value;
    group.sources[into === group.totals ? `total.${field}` : field] = { said: say(token), han: !!token.han };
    return { skip };
  }

  // -- rows of a spreadsheet

  const isRow = (line) => line.includes("\t") || (/^[\d\s,;:.h点时-]+$/.test(line) && !/^\s*\d{1,3}(,\d{3})+\s*$/.test(line)
    && line.split(/[,;\s]+/).filter(Boolean).length >= 3);

  function cells(line) {
    const tabbed = line.includes("\t");
    const parts = [];
    for (const found of line.matchAll(tabbed ? /[^\t]+/g : /[^,;\s]+/g)) {
      const lead = /^\s*/.exec(found[0])[0].length;
      const said = found[0].trim();
      if (said) parts.push({ text: said, from: found.index + lead, column: tabbed ? line.slice(0, found.index).split("\t").length - 1 : parts.length });
    }
    return parts;
  }

  /** A header names the columns: {column: {field, total} or "time"}; null when the row is not one. */
  function header(parts) {
    const columns = {};
    for (const { text, column } of parts) {
      if (/^[\d.,:%-]+$/.test(text)) return null;
      if (/时段|时间|小时$|^hour|time|period/i.test(text) && !/排队|queue|wait/i.test(text)) { columns[column] = "time"; continue; }
      for (let at = 0; at < text.length; at += 1) {
        const word = wordAt(text, at);
        if (!word) continue;
        columns[column] = { field: word.field, total: /累计|总|total|cumulative/i.test(text) };
        if (text.length - at - word.length < 2) break;
        at += word.length - 1;
      }
    }
    const counts = Object.values(columns).filter((column) => column !== "time");
    const persons = counts.filter((column) => column.field === "persons");
    // Where only a total of persons stands, what stands beside it is a total too.
    if (persons.length && persons.every((column) => column.total)) {
      for (const column of counts) column.total = ["persons", "tubes", "copies"].includes(column.field);
    }
    return Object.keys(columns).length >= 2 ? columns : null;
  }

  function readRow(line, offset, original, context, result, columns) {
    const parts = cells(line);
    const group = blank();
    const mark = (part, kind) => result.marks.push({ from: offset + part.from, to: offset + part.from + part.text.length, kind });
    let place = 0;
    for (const part of parts) {
      const named = columns?.[part.column];
      const bare = part.text.replace(DATE, "").replace(/^T/, "").trim();
      const hour = /^\d{1,2}$/.test(bare) && named === "time" ? `${bare}h` : bare;
      const time = named && named !== "time" ? null : timeAt(hour, 0, context.hours);
      if (time && !group.period && /[:点时h]|am|pm/i.test(hour)) {
        group.period = time.period;
        group.time = part.text;
        if (!time.period) group.stray = part.text;
        mark(part, time.period ? "known" : "unknown");
        continue;
      }
      const number = numberAt(part.text, 0);
      if (number && number.length === part.text.length && countable(number.value)) {
        const meant = columns ? named : { field: IN_ROWS[place], total: false };
        place += 1;
        if (meant?.field) {
          (meant.total ? group.totals : group.figures)[meant.field] = number.value;
          group.sources[meant.total ? `total.${meant.field}` : meant.field] = { said: part.text, han: !!number.han };
          mark(part, "known");
          continue;
        }
      }
      if (!nameAt(part.text, 0, context.names) && !match(DATE, part.text, 0)) mark(part, "unknown");
    }
    if (!empty(group)) result.groups.push(group);
  }

  /** Reads `text`. `hours` are the site's (see picture.js), `names` what the site is called.

      Answers {groups: [{period, time, figures, totals, sources}], marks: [{from, to, kind}], unknown: [words]}. */
  function parse(text, { hours, names }) {
    const context = { hours, names: (names ?? []).filter(Boolean) };
    const result = { groups: [], marks: [], unknown: [] };
    const group = { now: blank() };
    result.groups.push(group.now);
    let offset = 0, columns = null;
    for (const line of text.split("\n")) {
      const simple = plain(line);
      const asRow = isRow(simple);
      const named = asRow ? header(cells(simple)) : null;
      if (named) columns = named;
      else if (asRow) readRow(simple, offset, text, context, result, columns);
      else readProse(simple, offset, text, context, result, group);
      offset += line.length + 1;
    }
    result.groups = result.groups.filter((one) => !empty(one));
    result.marks = joined(result.marks, text);
    result.unknown = unknown(text, result.marks);
    return result;
  }

  /** Marks in order; what was not understood is one where only spaces stand between. */
  function joined(marks, text) {
    const found = [];
    for (const mark of marks.sort((a, b) => a.from - b.from)) {
      const last = found[found.length - 1];
      if (last && last.kind === "unknown" && mark.kind === "unknown" && !text.slice(last.to, mark.from).trim() && !text.slice(last.to, mark.from).includes("\n")) last.to = mark.to;
      else found.push({ ...mark });
    }
    return found;
  }

  /** What was not understood, in words a person wrote: neighbours are one. */
  function unknown(text, marks) {
    const found = [];
    for (const mark of marks) {
      if (mark.kind !== "unknown") continue;
      const last = found[found.length - 1];
      if (last && /^[^\n,，;；。.]{0,3}$/.test(text.slice(last.to, mark.from)) && !marks.some((m) => m.kind === "known" && m.from >= last.to && m.to <= mark.from)) last.to = mark.to;
      else found.push({ from: mark.from, to: mark.to });
    }
    const words = found.map(({ from, to }) => ({ from, to, said: text.slice(from, to).trim() }));
    return words.filter(({ said }) => said.length > 1 || /[0-9A-Za-z]/.test(said));
  }

  clerk.paste = { parse, chinese, FIELDS };
})();
