/* A screen nobody knows yet: it shows a code, which an administrator types, and asks until that has happened. */
(() => {
  "use strict";
  const { t, get } = window.wall;
  const AGAIN = 10_000;

  class Join {
    constructor(scenes) {
      this.scenes = scenes;
      this.code = "";
      this.until = 0;
      this.asking = false;
    }

    /** A code of the address, as a link carries one. Answers whether this screen has joined by it. */
    async byLink() {
      const address = new URL(location.href);
      const code = address.searchParams.get("code");
      if (!code) return false;
      // It holds once: loaded anew, the screen is known by its cookie.
      address.searchParams.delete("code");
      history.replaceState(null, "", address);
      return (await get("/screen/pair", { code })).status === 200;
    }

    /** Show a code, another one when its time is over. */
    async show() {
      if (this.asking || performance.now() < this.until) return;
      this.asking = true;
      const answer = await get("/screen/code", {});
      this.asking = false;
      this.code = answer.body?.code ?? "";
      this.until = performance.now() + (this.code ? answer.body.seconds * 1000 : AGAIN);
      this.draw();
    }

    draw() {
      const { el } = window.wall.frame;
      const code = this.code ? `${this.code.slice(0, 3)} ${this.code.slice(3)}` : "— — —";
      const said = this.code ? "wall.life.join" : "wall.life.no_server";
      this.scenes.replaceChildren(el("section", "w-join", el("p", "n48", t(said)), el("p", "code num", code), el("p", "lab", t("wall.life.join_how"))));
    }

    end() {
      this.code = "";
      this.until = 0;
    }
  }

  window.wall.Join = Join;
})();
