// What was released: look-ups of rows and sentences, and the view that a link asks for. Nothing is computed here.
const ALL = "all", WHOLE = "everyone", HIDDEN = "[c]", ABSENT = "[x]", UNRELIABLE = "[u]";
const DATA = JSON.parse(document.getElementById("data").textContent);
const MEASURES = new Map(DATA.measures.map((one) => [one.measure, one]));
const DIVISIONS = new Map(DATA.breakdowns.map((one) => [one.breakdown, one]));

// Rows under one row of names, as objects.
function objects([names, ...rows]) {
  return rows.map((row) => Object.fromEntries(row.map((cell, n) => [names[n], cell])));
}

const SHARES = objects(DATA.estimates).map((row) => ({ ...row, shown: row.per_cent, ends: row.per_cent_interval }));
const MEANS = objects(DATA.means).map((row) => ({
  ...row, estimate: row.mean_level, ci_low: row.low_level, ci_high: row.high_level,
  shown: row.mean_level_shown, ends: row.interval_shown,
}));
const DIFFERENCES = objects(DATA.differences);

// The measure, item and division of a link; `known` says whether they are all there.
function chosen(hash) {
  const asked = new URLSearchParams(hash.slice(1));
  const measure = MEASURES.get(asked.get("measure")) || DATA.measures[0];
  const items = measure.items.map((one) => one.item);
  const item = items.length === 1 ? items[0] : items.includes(asked.get("item")) ? asked.get("item") : ALL;
  const by = measure.by.includes(asked.get("by")) ? asked.get("by") : WHOLE;
  const found = { measure: measure.measure, item, by };
  const known = Object.entries(found).every(([name, value]) => !asked.has(name) || asked.get(name) === value);
  return { measure, item, by, known };
}

function link(measure, item, by) {
  const parts = [`measure=${encodeURIComponent(measure.measure)}`];
  if (item !== ALL && measure.items.length > 1) parts.push(`item=${encodeURIComponent(item)}`);
  if (by !== WHOLE) parts.push(`by=${encodeURIComponent(by)}`);
  return `#${parts.join("&")}`;
}

const isSingle = (measure) => measure.items.length === 1;
const isMean = (measure) => measure.unit === "mean";
const itemOf = (measure, id) => measure.items.find((one) => one.item === id);
const levelLabel = (division, code) => division.levels.find((one) => one.level === code).label;
const itemsOf = ({ measure, item }) => (item === ALL ? measure.order : [item]);
// Whether each item has a row for every level, so that rows need two names.
const isGrouped = ({ item, by }) => item === ALL && by !== WHOLE;
const isWeak = (row) => row.status === "low_reliability";

// Rows of a view in the order they are shown, each with its labels; of one item the row for everyone leads.
function rowsOf(view) {
  const { measure, by } = view;
  const table = isMean(measure) ? MEANS : SHARES;
  const division = DIVISIONS.get(by);
  return itemsOf(view).flatMap((item) => {
    const own = table.filter((row) => row.measure === measure.measure && row.item === item);
    const name = itemOf(measure, item).label;
    const everyone = own.filter((row) => row.breakdown === ALL && !isGrouped(view))
      .map((row) => ({ ...row, name, group: measure.everyone, whole: true }));
    const levels = own.filter((row) => row.breakdown === by)
      .map((row) => ({ ...row, name, group: levelLabel(division, row.level), whole: false }));
    return [...everyone, ...levels];
  });
}

// What is said of a view.
function saidOf({ measure, item, by }) {
  const own = item === ALL ? undefined : item;
  return DATA.views.find((one) =>
    one.measure === measure.measure && one.item === own && (one.breakdown || WHOLE) === by);
}

// The tests of each item of a view; none where nothing is divided or nothing was tested.
function testsOf(view) {
  if (view.by === WHOLE) return [];
  return itemsOf(view).map((item) => saidOf({ ...view, item })).filter((one) => one.p_cr2);
}

function differencesOf(view) {
  return itemsOf(view).flatMap((item) => DIFFERENCES.filter((row) =>
    row.measure === view.measure.measure && row.item === item && row.breakdown === view.by));
}

// Claims that rest on a number of the view: the division itself, and everyone where everyone is in the view.
function claimsOf(view) {
  const divisions = view.by === WHOLE ? [ALL] : isGrouped(view) ? [view.by] : [view.by, ALL];
  return DATA.claims.filter((claim) => claim.touches.some((touch) => {
    const [measure, item, division] = touch.split("/");
    const own = view.item === ALL || item === "*" || item === view.item;
    return measure === view.measure.measure && own && divisions.includes(division);
  }));
}

// What a view is called: the item, or the measure where it is of all items; and by what it is divided.
function heading({ measure, item, by }) {
  const what = item === ALL || isSingle(measure) ? measure.title : itemOf(measure, item).label;
  return by === WHOLE ? what : `${what} by ${DIVISIONS.get(by).within}`;
}

// The same in full: measure, item and division.
function subject({ measure, item, by }) {
  const named = item !== ALL && !isSingle(measure);
  const what = named ? `${measure.title}: ${itemOf(measure, item).within}` : measure.title;
  return by === WHOLE ? what : `${what}${named ? "," : ""} by ${DIVISIONS.get(by).within}`;
}

// Measure, unit, place and period.
function statistical(view) {
  const unit = isMean(view.measure) ? "mean" : `percentage of ${view.measure.cases} in the base`;
  const parts = [subject(view), `${unit}, with ${DATA.confidence} per cent intervals`, DATA.setting];
  return parts.filter(Boolean).join("; ");
}
