"use strict";
// The page is whole without this: it filters the findings and says how old the snapshots are by now.
(() => {
  for (const span of document.querySelectorAll("[data-since]")) {
    const days = (Date.now() / 1000 - Number(span.dataset.since)) / 86400;
    if (days >= 0) {
      span.textContent = days < 1 ? `(${Math.floor(days * 24)} h ago)` : `(${Math.floor(days)} d ago)`;
    }
  }
  const form = document.getElementById("filter");
  if (!form) return;
  const rows = [...document.querySelectorAll("#rows tbody tr")].map((row) => ({
    row,
    kind: row.dataset.kind,
    outcome: row.dataset.outcome,
    text: row.textContent.toLowerCase(),
  }));
  const field = (name) => form.elements.namedItem(name).value;
  const apply = () => {
    const [kind, outcome, text] = [field("kind"), field("outcome"), field("text").trim().toLowerCase()];
    let shown = 0;
    for (const each of rows) {
      const wanted =
        (!kind || each.kind === kind) && (!outcome || each.outcome === outcome) && each.text.includes(text);
      each.row.hidden = !wanted;
      shown += wanted ? 1 : 0;
    }
    document.getElementById("shown").textContent = `${shown} of ${rows.length} shown`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
