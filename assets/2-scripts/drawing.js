/* Draws the JSON of Dash components with React alone (see components/drawing.py): html parts, links and charts. */
(() => {
  "use strict";
  const HTML = "dash_html_components";
  const CORE = "dash_core_components";
  const OWN = ["Graph", "Link"]; // of the core components, what can be drawn here

  const STALE_COLOURS = { data: "line-strong", "data-band": "surface-2" };
  const PAPER_WIDTH = 660; // pixels between the margins of A4 and of a panel

  const isNode = (part) => part !== null && typeof part === "object" && !Array.isArray(part);

  /** Whether the whole tree consists of what is drawn here. */
  function canDraw(part) {
    if (Array.isArray(part)) return part.every(canDraw);
    if (!isNode(part)) return true;
    const known = part.namespace === HTML || (part.namespace === CORE && OWN.includes(part.type));
    return known && canDraw(part.props.children);
  }

  function element(part) {
    const { createElement, Fragment } = window.React;
    if (Array.isArray(part)) return createElement(Fragment, null, ...part.map(element));
    if (!isNode(part)) return part ?? null;
    const { children, ...props } = part.props;
    if (part.type === "Graph") return createElement(Chart, props);
    const parts = children === undefined || children === null ? [] : [children].flat();
    // Children go in as arguments: their places are their keys.
    if (part.type === "Link") return createElement("a", { ...props, onClick: follow }, ...parts.map(element));
    return createElement(part.type.toLowerCase(), props, ...parts.map(element));
  }

  /** Go to another page of the application without loading the document anew, as Dash's own links do. */
  function follow(event) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(event.currentTarget.href);
  }

  function go(address) {
    history.pushState({}, "", address);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    scrollTo(0, 0);
  }

  /** The figure with every "@token" replaced by the token's value in the present theme; grey when stale. */
  function coloured(figure) {
    const style = getComputedStyle(document.documentElement);
    const grey = document.body.dataset.state === "stale" ? STALE_COLOURS : {};
    const values = new Map();
    const token = (name) => {
      if (!values.has(name)) values.set(name, style.getPropertyValue(`--${grey[name] ?? name}`).trim());
      return values.get(name);
    };
    const resolve = (part) => {
      if (typeof part === "string") return /^@[a-z][a-z0-9-]*$/.test(part) ? token(part.slice(1)) : part;
      if (Array.isArray(part)) return part.map(resolve);
      if (!isNode(part)) return part;
      return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolve(value)]));
    };
    return resolve(figure);
  }

  /** A Plotly chart: drawn again only when its figure or the colours are others, fitted when its place changes. */
  function Chart({ figure, config, className }) {
    const { createElement, useEffect, useRef } = window.React;
    const place = useRef(null);
    const latest = useRef(null); // the figure on the screen, tokens unresolved
    useEffect(() => {
      if (JSON.stringify(figure) === JSON.stringify(latest.current)) return;
      latest.current = figure;
      const { data, layout } = coloured(figure);
      window.Plotly.react(place.current, data, layout, config);
    });
    useEffect(() => {
      // A mark that carries an address leads there, one that carries a figure is asked where it comes from.
      place.current.on("plotly_click", ({ points }) => {
        const address = points[0]?.customdata;
        if (typeof address === "string" && address.startsWith("/")) go(address);
        else if (address?.figure) window.dispatchEvent(new CustomEvent("askfigure", { detail: address }));
      });
    }, []);
    useEffect(() => {
      const node = place.current;
      const recolour = () => {
        const { data, layout } = coloured(latest.current);
        window.Plotly.react(node, data, layout, config);
      };
      const soon = () => setTimeout(() => { if (node.isConnected) recolour(); }, 0); // one chart, one task
      const toPaper = () => {
        recolour(); // the theme has just become light, and printing waits for nobody
        window.Plotly.relayout(node, { width: Math.min(node.clientWidth, PAPER_WIDTH) });
      };
      const fromPaper = () => window.Plotly.relayout(node, { width: null, autosize: true });
      const listeners = { themechange: soon, stalechange: soon, beforeprint: toPaper, afterprint: fromPaper };
      for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener);
      const fit = new ResizeObserver(() => {
        if (node.offsetParent && node.layout) window.Plotly.Plots.resize(node);
      });
      fit.observe(node);
      return () => {
        fit.disconnect();
        for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name, listener);
        window.Plotly.purge(node);
      };
    }, []);
    return createElement("div", { ref: place, className });
  }

  function Drawing({ id, tree }) {
    return window.React.createElement("div", { id, className: "fill" }, element(tree));
  }

  window.command = Object.assign(window.command ?? {}, { Drawing, canDraw, coloured, go });
})();
