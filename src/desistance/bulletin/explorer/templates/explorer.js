// Choices, and showing what is chosen. The link of the page is the state of it.
(() => {
  const PAPER = { width: 900, rows: 12 };
  const NARROWEST = 240;
  const pageTitle = document.title;
  let redraw = () => {};
  let drawnAt = 0;
  let onPaper = false;
  let shown = "";
  let filledFor = null;

  function options(pairs) {
    return pairs.map(([value, label]) => made("option", { value }, label));
  }

  // Items and divisions of a measure; they stay while the measure does, so that a list in use is not disturbed.
  function fillChoices({ measure, item, by }) {
    if (measure !== filledFor) {
      filledFor = measure;
      find("item-choice").hidden = isSingle(measure);
      find("item-label").textContent = measure.noun;
      const every = isSingle(measure) ? [] : [[ALL, measure.every]];
      find("item").replaceChildren(...options([...every, ...measure.items.map((one) => [one.item, one.label])]));
      const groups = [["Breakdowns", false], ["Ordered bands", true]].map(([label, ordered]) => {
        const own = measure.by.map((id) => DIVISIONS.get(id)).filter((one) => one.ordered === ordered);
        return made("optgroup", { label }, ...options(own.map((one) => [one.breakdown, one.label])));
      });
      const whole = options([[WHOLE, `${measure.everyone}, not divided`]]);
      find("by").replaceChildren(...whole, ...groups.filter((group) => group.children.length));
    }
    find("measure").value = measure.measure;
    find("item").value = item;
    find("by").value = by;
  }

  function drawing(view, rows) {
    const place = find("chart");
    const drawn = chartRows(view, rows);
    const scale = scaleOf(view, drawn);
    const said = alternative(view, drawn);
    redraw = (width, most) => {
      drawnAt = width;
      drawChart(place, drawn, scale, said, Math.max(width, NARROWEST), most);
    };
    redraw(place.clientWidth);
    find("chart-note").textContent = chartNotes(view, drawn);
    find("figure-title").replaceChildren(statistical(view), ...madeUp());
  }

  // What the view is part of: of one item, a link to all of them.
  function topic({ measure, item, by }) {
    if (item === ALL || isSingle(measure)) return measure.label === measure.title ? "" : measure.label;
    return made("a", { href: link(measure, ALL, by) }, `${measure.title}: ${measure.every.toLowerCase()}`);
  }

  function show() {
    shown = location.hash;
    const view = chosen(shown);
    const rows = rowsOf(view);
    const [lead] = saidOf(view).words;
    fillChoices(view);
    find("topic").replaceChildren(topic(view));
    find("topic").hidden = !find("topic").textContent;
    find("view-title").textContent = heading(view);
    find("lead").replaceChildren(...marked(lead));
    drawing(view, rows);
    numbersPart(view, rows);
    wordsPart(view);
    precisionPart(view);
    claimsPart(view);
    filesPart(view);
    document.title = `${heading(view)} \u2013 ${pageTitle}`;
    find("done").textContent = view.known ? "" : "The link asked for something that is not in these records; the nearest view is shown.";
    find("said").textContent = `${heading(view)}: ${rows.length} ${rows.length === 1 ? "row" : "rows"}. ${lead}`;
  }

  function choose(control) {
    const measure = MEASURES.get(find("measure").value);
    const item = control === "measure" ? ALL : find("item").value;
    const by = measure.by.includes(find("by").value) ? find("by").value : WHOLE;
    location.hash = link(measure, item, by);
    show();
  }

  // A link leads to the heading of its view; a choice was shown already and leaves the focus where it is.
  addEventListener("hashchange", () => {
    if (location.hash === shown) return;
    show();
    find("view-title").focus();
  });
  for (const id of ["measure", "item", "by"]) find(id).addEventListener("change", () => choose(id));
  find("choices").addEventListener("submit", (event) => event.preventDefault());
  find("download").addEventListener("click", () => { find("done").textContent = save(chosen(location.hash)); });
  find("copy").addEventListener("click", async () => { find("done").textContent = await copyLink(); });
  find("skip").addEventListener("click", (event) => {
    event.preventDefault();
    find("view-title").focus();
  });
  new ResizeObserver(() => {
    const width = find("chart").clientWidth;
    if (width && width !== drawnAt && !onPaper) redraw(width);
  }).observe(find("chart"));
  addEventListener("beforeprint", () => {
    onPaper = true;
    redraw(PAPER.width, PAPER.rows);
  });
  addEventListener("afterprint", () => {
    onPaper = false;
    redraw(find("chart").clientWidth);
  });

  find("measure").replaceChildren(...options(DATA.measures.map((one) => [one.measure, one.title])));
  find("explorer").hidden = false;
  if (!location.hash.includes("measure=")) location.replace(link(DATA.measures[0], ALL, WHOLE));
  show();
})();
