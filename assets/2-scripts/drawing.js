/* Draws the JSON of Dash components with React alone (see components/drawing.py): html parts, links and charts. */
(() => {
  "use strict";
  const HTML = "dash_html_components";
  const CORE = "dash_core_components";
  const OWN = ["Graph", "Link"]; // of the core components, what can be drawn here

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
    history.pushState({}, "", event.currentTarget.href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    scrollTo(0, 0);
  }

  /** A Plotly chart: drawn again only when its figure is another one, fitted when its place changes size. */
  function Chart({ figure, config, className }) {
    const { createElement, useEffect, useRef } = window.React;
    const place = useRef(null);
    const json = useRef("");
    useEffect(() => {
      const now = JSON.stringify(figure);
      if (now === json.current) return;
      json.current = now;
      // Plotly writes into what it is given; the snapshot stays as it came.
      const { data, layout } = JSON.parse(now);
      window.Plotly.react(place.current, data, layout, config);
    });
    useEffect(() => {
      const node = place.current;
      const fit = new ResizeObserver(() => {
        if (node.offsetParent && node.layout) window.Plotly.Plots.resize(node);
      });
      fit.observe(node);
      return () => { fit.disconnect(); window.Plotly.purge(node); };
    }, []);
    return createElement("div", { ref: place, className });
  }

  function Drawing({ id, tree }) {
    return window.React.createElement("div", { id, className: "fill" }, element(tree));
  }

  window.command = { Drawing, canDraw };
})();
