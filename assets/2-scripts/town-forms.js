/* The forms within the list of the town page: why a report goes back, what a site said on the telephone.

   A form is a row of this script's own behind its site's. `putBack` takes it there again after every new picture,
   with what was typed and the cursor where it was; closed, it keeps its words for the next time. */
(() => {
  "use strict";
  const COUNTS = ["persons", "tubes", "third_copies", "special_cases"];
  const count = (number) => Number(number).toLocaleString("en-US").replace("-", "\u2212");

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  /** The forms of one list; `town.js` gives its tools. */
  function townForms({ list, row, say, set, address, decide, notice, mark, moveOn, afterDrawing, shownFor }) {
    let form = null; // {site, kind, report, node}: the open form
    const drafts = new Map(); // what was typed into a form that was closed, by place, hour, site and kind

    const draftName = (site, kind) => `${shownFor()}|${site}|${kind}`;

    /** A form as a row behind its site's. */
    function openForm(one, kind, content, report) {
      if (form) closeForm(true);
      const columns = one.cells.length;
      const node = make("tr", { class: `form-row form-${kind}` }, make("td", { colspan: columns }, content));
      form = { site: one.dataset.site, kind, report, node };
      document.body.dataset.townForm = kind;
      one.after(node);
      const draft = drafts.get(draftName(form.site, kind));
      if (draft) for (const field of content.elements) if (field.name in draft) restore(field, draft[field.name]);
      content.dispatchEvent(new Event("input"));
      const first = content.querySelector("input:checked") ?? content.querySelector("input, button");
      first?.focus({ preventScroll: true });
      node.scrollIntoView({ block: "nearest" });
      afterDrawing();
    }

    function restore(field, value) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = field.value === value;
      else field.value = value;
    }

    function typed(content) {
      return Object.fromEntries(new FormData(content));
    }

    function closeForm(keep, focusRow = false) {
      if (!form) return;
      const { site, kind, node } = form;
      const content = node.querySelector("form");
      if (keep) drafts.set(draftName(site, kind), typed(content));
      else drafts.delete(draftName(site, kind));
      form = null;
      delete document.body.dataset.townForm;
      node.remove();
      const one = row(site);
      if (one) {
        set(one, "data-forming", null);
        if (focusRow) one.focus({ preventScroll: true });
      }
    }

    /** The list was drawn anew and its rows may have moved: the form goes behind its row again, with what was typed,
        the cursor where it was. */
    function putFormBack() {
      if (!form) return;
      const one = row(form.site);
      if (!one) return;
      const { node } = form;
      if (one.nextSibling !== node) {
        const active = node.contains(document.activeElement) ? document.activeElement : null;
        const cursor = active?.type === "text" ? [active.selectionStart, active.selectionEnd] : null;
        one.after(node);
        active?.focus({ preventScroll: true });
        if (cursor) active.setSelectionRange(...cursor);
      }
      const changed = one.dataset.report !== form.report;
      const note = node.querySelector(".meanwhile");
      if (changed && note.hidden) {
        note.hidden = false;
        note.textContent = say(form.report ? "changed_meanwhile" : "arrived_meanwhile");
      }
    }

    const meanwhile = () => make("p", { class: "meanwhile warn", role: "alert", hidden: true });
    const trouble = () => make("p", { class: "trouble crit", role: "alert", hidden: true });

    function complain(content, text, field = null) {
      const place = content.querySelector(".trouble");
      place.hidden = !text;
      place.textContent = text ?? "";
      for (const input of content.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
      if (!field) return;
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }

    function cancelButton() {
      const button = make("button", { type: "button", class: "btn ghost", "data-town-act": "cancel" },
        make("span", { class: "desk-only" }, say("cancel_esc")), make("span", { class: "phone-only" }, say("cancel")));
      return button;
    }

    // -- return with a reason

    function giveBack(one) {
      const { report, clerk, reasons, suggested } = one.dataset;
      if (!report || one.dataset.group === "returned") return;
      const tiles = reasons.split(" ").map((reason, at) => {
        const box = make("input", { type: "radio", name: "reason", value: reason, required: true });
        box.checked = at === 0 && suggested === "1";
        return make("label", { class: "tap" }, box, make("span", {}, say(`reason.${reason}`)));
      });
      const note = make("input", {
        type: "text", name: "note", maxlength: 500, autocomplete: "off",
        placeholder: say("note"), "aria-label": say("note_label"),
      });
      const submit = make("button", { type: "submit", class: "btn pri" },
        clerk ? say("send_back", { who: clerk }) : say("send_back_site"));
      const content = make("form", { class: "inline", novalidate: true },
        make("fieldset", {}, make("legend", {}, say("reason")), make("div", { class: "taps" }, ...tiles)),
        note, make("span", { class: "go" }, submit, cancelButton()), meanwhile(), trouble());
      const needsNote = new Set(list().dataset.needsNote.split(" "));
      content.addEventListener("input", () => {
        const chosen = content.elements.reason.value;
        submit.disabled = !chosen;
        note.placeholder = needsNote.has(chosen) ? say("note_needed") : say("note");
      });
      content.addEventListener("submit", (event) => {
        event.preventDefault();
        const { reason, note: written = "" } = typed(content);
        if (!reason) return;
        if (needsNote.has(reason) && !written.trim()) { complain(content, say("note_needed"), note); return; }
        sendBack(content, reason, written.trim());
      });
      openForm(one, "return", content, report);
    }

    async function sendBack(content, reason, note) {
      const { site } = form;
      const one = row(site);
      // What stands above the form now is what the person has before the eyes; the note said if it has changed.
      const { report, name } = one.dataset;
      const submit = content.querySelector("[type=submit]");
      submit.disabled = true;
      mark([site], "returned");
      const said = say("returned_one", { site: name });
      const done = await decide("reports/return", { keys: [report], reason, note }, [site], said);
      submit.disabled = false;
      if (!done || form?.site !== site) return;
      closeForm(false);
      moveOn(row(site));
    }

    // -- enter what a site said on the telephone

    function enter(one, kind, figures = {}) {
      const { report, name, before, pool } = one.dataset;
      const held = Object.keys(figures).length ? figures : JSON.parse(one.dataset.figures);
      const correcting = Boolean(report);
      const field = (key) => {
        const box = make("input", { type: "text", name: key, inputmode: "numeric", autocomplete: "off", maxlength: 8 });
        if (held[key] !== undefined) box.value = held[key];
        return make("label", { class: "number" }, make("span", {}, say(key)), box);
      };
      const note = make("input", {
        type: "text", name: "note", maxlength: 500, autocomplete: "off",
        placeholder: correcting ? say("correct_note") : say("enter_note"),
        "aria-label": correcting ? say("correct_note") : say("enter_note"),
      });
      if (correcting) note.value = say(kind === "adopt" ? "adopt_default" : "correct_default");
      const zero = make("label", { class: "zero", hidden: true },
        make("input", { type: "checkbox", name: "zero", value: "yes" }), say("zero"));
      const hint = make("p", { class: "hint warn", hidden: true });
      const submit = make("button", { type: "submit", class: "btn pri" }, say(kind === "adopt" ? "adopt" : "enter"));
      const title = kind === "adopt" ? "adopt_title" : correcting ? "correct_title" : "enter_title";
      const content = make("form", { class: "inline", novalidate: true },
        make("fieldset", {},
          make("legend", {}, say(title, { site: name, hour: list().dataset.hourName }), " ",
            make("span", { class: "faint" }, say("total_before", { total: before }))),
          make("div", { class: "numbers" }, ...COUNTS.map(field))),
        note, make("span", { class: "go" }, submit, cancelButton()), zero, hint, meanwhile(), trouble());
      // Sent again after a lost answer, it is the same report: its key is made once.
      const key = `phone/${one.dataset.site}/${list().dataset.hourStart}/${drawn()}`;
      content.addEventListener("input", () => {
        const [persons, tubes] = [number(content.elements.persons), number(content.elements.tubes)];
        zero.hidden = persons !== 0;
        const most = tubes * Number(pool);
        hint.hidden = !(persons > 0 && tubes >= 0 && persons > most);
        if (!hint.hidden) {
          const numbers = { persons: count(persons), tubes: count(tubes), pool_size: pool, most: count(most) };
          hint.textContent = say("over", numbers);
        }
      });
      content.addEventListener("submit", (event) => {
        event.preventDefault();
        sendFigures(content, key, kind, figures);
      });
      openForm(one, kind, content, report);
    }

    /** The whole number in a field: null when it is empty, NaN when it is something else. Digits of a Chinese keyboard
        are wide ones. */
    function number(box) {
      const bare = box.value.normalize("NFKC").replace(/[\s,]/g, "");
      if (bare === "") return null;
      return /^\d{1,8}$/.test(bare) ? Number(bare) : NaN;
    }

    function drawn() {
      return [...crypto.getRandomValues(new Uint8Array(9))].map((byte) => byte.toString(36)).join("");
    }

    async function sendFigures(content, key, kind, figures) {
      const { elements } = content;
      const body = {};
      for (const name of COUNTS) {
        const value = number(elements[name]);
        if (Number.isNaN(value)) { complain(content, say("not_whole"), elements[name]); return; }
        if (value !== null) body[name] = value;
      }
      const { site } = form;
      const one = row(site);
      const { report, name } = one.dataset;
      // A report in running totals stays one: adopting it keeps the totals it stated.
      const stated = ["persons_total", "tubes_total"].filter((total) => total in figures);
      const totals = Object.fromEntries(stated.map((total) => [total, figures[total]]));
      if (body.persons === undefined && totals.persons_total === undefined) {
        complain(content, say("persons_needed"), elements.persons);
        return;
      }
      if (body.persons === 0 && !elements.zero.checked) { complain(content, say("zero"), elements.zero); return; }
      const note = elements.note.value.trim();
      if (form.report && !note) { complain(content, say("correct_note"), elements.note); return; }
      const claim = { key, site, hour: list().dataset.hourStart, ...body, ...totals, note };
      if (kind !== "adopt") claim.channel = "phone";
      if (form.report) claim.correction_of = report;
      const submit = content.querySelector("[type=submit]");
      submit.disabled = true;
      const { status, json } = await window.command.send(address("reports"), { reports: [claim] });
      submit.disabled = false;
      if (status !== 200) { complain(content, json?.detail || say("nothing_sent")); return; }
      if (json.rejected.length) {
        const { field, message } = json.rejected[0];
        complain(content, message, elements[field] instanceof HTMLInputElement ? elements[field] : null);
        window.dispatchEvent(new Event("recordchange")); // what contradicts is on record, and shown
        return;
      }
      if (form?.site === site) closeForm(false, true);
      notice("info", say(kind === "adopt" ? "adopted" : "entered", { site: name }));
      window.dispatchEvent(new Event("recordchange"));
    }

    return { giveBack, enter, putBack: putFormBack, close: closeForm, site: () => form?.site ?? null };
  }

  window.command = Object.assign(window.command ?? {}, { townForms, make });
})();
