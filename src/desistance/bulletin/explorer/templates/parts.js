// The parts of a view: chart, numbers, words and tests, precision, claims, files.
const flagged = (label, row) => (isWeak(row) ? `${label} ${UNRELIABLE}` : label);

// Rows of the chart: of several items by groups, each item is a heading over its groups.
function chartRows(view, rows) {
  const drawn = [];
  for (const row of rows) {
    if (isGrouped(view) && row.name !== drawn.at(-1)?.name) drawn.push({ head: row.name, name: row.name });
    const number = (value) => (typeof value === "number" ? value : null);
    const sign = row.shown.startsWith("[") || isMean(view.measure) ? "" : "%";
    const ends = row.ends.startsWith("[") ? "" : ` (${row.ends})`;
    drawn.push({
      name: row.name, label: flagged(view.item === ALL && view.by === WHOLE ? row.name : row.group, row),
      at: number(row.estimate), low: number(row.ci_low), high: number(row.ci_high),
      said: `${row.shown}${sign}${ends}`, gone: row.estimate === HIDDEN ? "hidden" : "not available",
      weak: isWeak(row), whole: row.whole && view.item !== ALL,
    });
  }
  return drawn;
}

// From nought to all; of a mean, to the next whole number that four steps reach.
function scaleOf({ measure }, drawn) {
  if (!isMean(measure)) {
    const title = `Percentage of ${measure.cases} in the base`;
    return { most: 1, ticks: [0, 0.25, 0.5, 0.75, 1], said: (tick) => `${tick * 100}%`, title };
  }
  const step = Math.ceil(Math.max(1, ...drawn.map((row) => row.high ?? row.at ?? 0)) / 4);
  return { most: 4 * step, ticks: [0, 1, 2, 3, 4].map((n) => n * step), said: String, title: measure.title };
}

// What the chart shows, in words, from the texts it shows: every row of a few; of many, both ends.
function alternative(view, drawn) {
  const points = drawn.filter((row) => !row.head);
  const shown = points.filter((row) => row.at !== null);
  const label = (row) => (isGrouped(view) ? `${row.name}, ${row.label}` : row.label);
  const named = (row) => `${label(row)}: ${row.at === null ? row.gone : row.said}`;
  const start = `Chart of dots with intervals. ${heading(view)}.`;
  if (points.length <= 8 || !shown.length) return `${start} ${points.map(named).join("; ")}.`;
  const high = shown.reduce((most, row) => (row.at > most.at ? row : most));
  const low = shown.reduce((least, row) => (row.at < least.at ? row : least));
  const gone = points.length - shown.length;
  const missing = gone ? ` ${gone} of ${points.length} hidden or not available.` : "";
  return `${start} Highest, ${named(high)}. Lowest, ${named(low)}.${missing} The table below has every row.`;
}

function chartNotes({ measure, item, by }, drawn) {
  const parts = [`Line: ${DATA.confidence} per cent interval.`];
  if (drawn.some((row) => row.whole)) parts.push(`Diamond: ${measure.everyone.toLowerCase()}.`);
  if (drawn.some((row) => row.weak)) parts.push("Open dot: small base.");
  parts.push(...meanings(drawn.flatMap((row) => [row.label, row.said])));
  parts.push(measure.assumed, itemOf(measure, item)?.assumed, DIVISIONS.get(by)?.assumed);
  return parts.filter(Boolean).join(" ");
}

function numbersPart(view, rows) {
  const { measure, item, by } = view;
  const mean = isMean(measure);
  const several = item === ALL;
  const names = (row) => {
    const href = several ? link(measure, row.item, by) : "";
    if (isGrouped(view)) return [{ text: row.name, href }, flagged(row.group, row)];
    return [{ text: several ? row.name : flagged(row.group, row), href, small: several && isWeak(row) ? UNRELIABLE : "" }];
  };
  const shares = (row) => [row.shown, row.ends, count(row.n_cases), count(row.n_yes), count(row.n_missing),
    count(row.n_services), row.design_effect_shown];
  const means = (row) => [row.shown, row.ends, count(row.n_cases), count(row.n_missing)];
  const interval = `${DATA.confidence}% interval`;
  const reasons = [...new Set(rows.map((row) => DATA.reasons[row.status]).filter(Boolean))];
  table(find("numbers-table"), {
    id: "table-numbers", caption: `${subject(view)}: the numbers behind the chart`, heads: isGrouped(view) ? 2 : 1,
    columns: [
      ...(several ? [measure.noun] : []), ...(several && by === WHOLE ? [] : ["Group"]),
      ...(mean ? ["Mean", interval, "Base", "No answer"]
        : ["% of base", interval, "Base", "Yes", "No answer", capital(DATA.services), "Design effect"]),
    ],
    body: rows.map((row) => [...names(row), ...(mean ? means(row) : shares(row))]),
    notes: [
      ...(reasons.length ? [`Not available: ${reasons.join("; ")}.`] : []),
      `No answer: ${measure.cases} of the base whose answer is not known; they are left out of it.${mean ? ""
        : ` Design effect: how many times larger the variance is than that of independent ${measure.cases}.`}`,
    ],
  });
}

function wordsPart(view) {
  const rest = saidOf(view).words.slice(1);
  const tests = testsOf(view);
  find("words-part").hidden = !rest.length && !tests.length;
  find("words-list").hidden = !rest.length;
  find("words-list").replaceChildren(...rest.map((sentence) => made("li", {}, ...marked(sentence))));
  if (tests.length) testsTable(view, tests);
  else find("tests-table").replaceChildren();
}

function testsTable({ measure, by }, tests) {
  const { within, ordered } = DIVISIONS.get(by);
  const both = tests.some((one) => one.p_pearson !== ABSENT);
  const slopes = ordered && tests.some((one) => one.points_slope !== ABSENT);
  const alike = `allows for ${measure.cases} of one ${DATA.service} being alike and for the number of tests`;
  table(find("tests-table"), {
    id: "table-tests",
    caption: `Tests of the difference by ${within}: p-values, and by which method it is significant`,
    columns: [
      measure.noun, "CR2, Holm", ...(both ? ["Pearson, unadjusted"] : []), words("Significant by"),
      ...(slopes ? ["Points for each band", "Slope, CR2, Holm"] : []),
    ],
    body: tests.map((one) => [
      itemOf(measure, one.item).label, one.p_cr2, ...(both ? [one.p_pearson] : []),
      { text: one.significant_by, small: one.seen },
      ...(slopes ? [{ text: one.points_slope, small: one.points_slope_interval }, one.p_slope] : []),
    ]),
    notes: [
      `CR2 with Holm\u2019s adjustment ${alike}${both ? `; Pearson\u2019s test (the ${DATA.ordinary}) does neither` : ""}.`,
      ...(slopes ? ["Points for each band: the average change of the share from one band to the next, with its interval."] : []),
    ],
  });
}

function precisionPart(view) {
  const { measure, item, by } = view;
  const found = differencesOf(view);
  find("precision-part").hidden = !found.length;
  if (!found.length) return;
  const division = DIVISIONS.get(by);
  const several = item === ALL;
  const reference = levelLabel(division, division.reference);
  table(find("precision-table"), {
    id: "table-precision", heads: several ? 2 : 1,
    caption: `Difference from ${reference}, and the smallest difference that would have been seen, in percentage points`,
    columns: [...(several ? [measure.noun] : []), "Group", "Difference", `${DATA.confidence}% interval`,
      "Smallest rise seen", "Smallest fall seen"],
    body: found.map((row) => [...(several ? [itemOf(measure, row.item).label] : []), levelLabel(division, row.level),
      row.points_difference, row.points_interval, row.points_up, row.points_down]),
    notes: [`Intervals by CR2. Seen: found significant with ${DATA.power} per cent power, before adjustment for the number `
      + "of tests. A smaller difference may be there and not be found."],
  });
}

function claimsPart(view) {
  const found = claimsOf(view);
  find("claims-part").hidden = !DATA.claims.length;
  if (!found.length) {
    find("claims-table").replaceChildren(made("p", {}, "No claim of the ledger rests on these numbers."));
    return;
  }
  const verdict = ([text, tone]) => ({ text, tone });
  table(find("claims-table"), {
    id: "table-claims", caption: "What was published, and what these records say",
    columns: ["Claim", "Statement", "As published", "From these records", "Published method", "Design-based (CR2)"].map(words),
    body: found.map((claim) => [
      { text: claim.claim, href: `bulletin.html#${claim.claim}` }, { text: claim.statement, small: claim.note },
      claim.published, claim.computed || "\u2013", verdict(claim.published_method), verdict(claim.design_based),
    ]),
    notes: DATA.made_up ? ["The records were made to agree with the source, so that a claim holds shows that the "
      + "arithmetic works and nothing else."] : [],
  });
}

const FILES = {
  estimates: "Shares and their intervals", means: "Mean number", comparisons: "Differences and their tests",
  trends: "Trends over ordered bands", precision: "Smallest differences that could have been seen",
  ledger: "Claim ledger",
};

// The released tables that hold the numbers of a view, and the rows to look for.
function filesPart({ measure, item, by }) {
  const divided = by !== WHOLE;
  const ordered = divided && DIVISIONS.get(by).ordered;
  const used = [...(isMean(measure) ? ["means"] : ["estimates", ...(divided ? ["comparisons", "precision"] : [])]),
    ...(ordered ? ["trends"] : []), "ledger"].filter((name) => DATA.tables.includes(name));
  const keys = [`measure = ${measure.measure}`, ...(item === ALL ? [] : [`item = ${item}`]), ...(divided ? [`breakdown = ${by}`] : [])];
  find("files-text").replaceChildren("Rows with ", ...keys.flatMap((key, n) => [n ? " and " : "", made("code", {}, key)]),
    " of the released tables below. How they were made is in the report under ",
    made("a", { href: "bulletin.html#method" }, "Method"), ".");
  find("files-list").replaceChildren(...used.map((name) =>
    made("li", {}, made("a", { href: `tables/${name}.csv` }, `${FILES[name]} (${name}.csv)`))));
}
