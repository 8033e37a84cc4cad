/* Why something is late or different: one tile, and a few words where they help. */
(() => {
  "use strict";
  const clerk = (self.clerk = self.clerk ?? {});
  const { h, t, tiles } = clerk;

  const CAUSES = {
    late: ["network", "busy", "shift", "other"],
    differs: ["miscounted", "wrong_field", "label_torn", "really_fewer"],
  };

  /** `{node, note(), chosen()}`; `kind` is late or differs, `words` says that a few words may be added. */
  function cause(kind, { onchange, words = true, note = "" }) {
    let chosen = null;
    const said = h("input", {
      type: "text", class: "words", maxlength: 200, value: note, autocomplete: "off", enterkeyhint: "done",
      "aria-label": t("cause.words"), placeholder: t("cause.words"), oninput: () => onchange(),
    });
    const options = CAUSES[kind].map((name) => [name, t(`cause.${kind}.${name}`)]);
    const group = tiles(t(`cause.${kind}.label`), options, null, (value) => { chosen = value; onchange(); },
      kind === "late" ? 4 : 2);
    const title = h("div", { class: "l" }, h("span", { "aria-hidden": "true" }, t(`cause.${kind}.label`)),
      h("span", { class: "hint" }, t("cause.choose")));
    return {
      node: h("div", { class: "f cause" }, title, group, words ? said : null),
      chosen: () => chosen,
      /** What goes into the record. */
      note() {
        const own = said.value.trim();
        const word = chosen ? t(`cause.${kind}.${chosen}`) : "";
        return own && word ? t("cause.both", { cause: word, words: own }) : own || word;
      },
    };
  }

  clerk.cause = cause;
})();
