"use strict";
(() => {
  const items = [...document.querySelectorAll("[data-item]")];
  const search = document.getElementById("search");
  const filters = [...document.querySelectorAll("select[data-filter]")];
  const status = document.getElementById("status");
  const texts = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));
  function show() {
    const words = search.value.toLowerCase().split(" ").filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const said = words.every((word) => texts.get(item).includes(word));
      const kept = filters.every((filter) => {
        const value = item.getAttribute("data-" + filter.dataset.filter);
        return !filter.value || value === null || value.split(" ").includes(filter.value);
      });
      item.hidden = !(said && kept);
      shown += item.hidden ? 0 : 1;
    }
    for (const group of document.querySelectorAll("[data-group]")) {
      const inside = [...group.querySelectorAll("[data-item]")];
      for (const table of group.querySelectorAll("table")) {
        const rows = [...table.querySelectorAll("[data-item]")];
        table.hidden = rows.length > 0 && rows.every((row) => row.hidden);
      }
      const empty = group.querySelector("[data-empty]");
      if (empty) empty.hidden = inside.some((item) => !item.hidden);
    }
    status.textContent = shown + " of " + items.length + " entries shown";
  }
  search.addEventListener("input", show);
  for (const filter of filters) filter.addEventListener("change", show);
  document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("controls").addEventListener("reset", () => setTimeout(show));
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && document.activeElement === search) { search.value = ""; show(); }
  });
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
  document.getElementById("controls").hidden = false;
  show();
})();
