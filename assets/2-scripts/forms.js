/* What forms have in common: their words, the key of a sending, what became of it; and those in a dialog. */
(() => {
  "use strict";
  const key = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
  const oneLine = (text) => text.replace(/\s+/g, " ").trim();

  /** What went wrong, in the server's words; without an answer, in the page's. */
  function complaint(answer, unsent) {
    if (answer.status === 0) return unsent;
    const refused = answer.json?.errors?.[0] ?? answer.json?.rejected?.[0];
    return refused?.message || answer.json?.detail || answer.json?.title || unsent;
  }

  /** The words in a form, by name. */
  function words(form) {
    const said = {};
    for (const area of form.querySelectorAll("textarea")) {
      const text = oneLine(area.value);
      if (text) said[area.name] = text;
    }
    return said;
  }

  /** The same sending keeps its key, so that a second try cannot count twice; other content gets another one. */
  function keyOf(form) {
    form.dataset.key ||= key();
    return form.dataset.key;
  }

  function say(form, text, bad) {
    let line = form.querySelector(".rf-said");
    if (!line) {
      line = document.createElement("p");
      line.className = "rf-said";
      form.append(line);
    }
    line.setAttribute("role", bad ? "alert" : "status");
    line.classList.toggle("crit", bad);
    line.textContent = text;
  }

  /** A form in a dialog of the class `css` and the title `title` (an id). The server made `markup`, everything in it
      escaped there. When it closes, `opener` has the focus again. One key for the form, however often it is sent: a lost
      answer must not do a thing twice. */
  function openForm(markup, css, title, opener) {
    const dialog = document.createElement("dialog");
    dialog.className = css;
    dialog.setAttribute("aria-labelledby", title);
    dialog.innerHTML = markup;
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (opener?.isConnected) opener.focus();
    });
    document.body.append(dialog);
    const form = dialog.querySelector("form");
    form.dataset.key = key();
    dialog.showModal();
    return form;
  }

  window.command = Object.assign(window.command ?? {}, { written: { key, complaint, words, keyOf, say, openForm } });
})();
