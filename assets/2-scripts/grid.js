/* What the table of sites needs in the browser: how numbers are written, the link to a site, the search box. */
(() => {
  "use strict";
  const UNKNOWN = "—";
  const known = (value) => value !== null && value !== undefined;
  const minus = (text) => text.replace("-", "\u2212");
  const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.count = (value) => (known(value) ? minus(whole.format(value)) : UNKNOWN);
  functions.signed = (value) => (known(value) ? (value > 0 ? "+" : "") + minus(whole.format(value)) : UNKNOWN);
  functions.percent = (value) => (known(value) ? `${(value * 100).toFixed(1)}%` : UNKNOWN);
  functions.rate = (value) => (known(value) ? value.toFixed(2) : UNKNOWN);

  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.PlaceLink = (props) => {
    // Everything else in the address (campaign, language, theme) stays as it is.
    const query = new URLSearchParams(location.search);
    query.set("place", props.data.code);
    return window.React.createElement("a", { href: `/site?${query}` }, props.value);
  };

  document.addEventListener("input", (event) => {
    if (event.target.id !== "site-table-filter") return;
    const grid = window.dash_ag_grid?.getApi("site-table");
    grid?.setGridOption("quickFilterText", event.target.value);
  });
})();
