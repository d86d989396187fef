// A view as a file, and its link.
const COLUMNS = ["measure", "item", "breakdown", "subgroup", "n_cases", "n_yes", "n_missing", "n_services", "estimate",
  "ci_low", "ci_high", "design_effect", "status"];

// A text that a spreadsheet would take for a formula gets an apostrophe before it.
function field(value) {
  if (value === null) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// Rows of a view with the columns of the released tables, and the labels beside the codes.
function csvOf(rows) {
  const given = rows.map((row) => ({ ...row, subgroup: row.level }));
  const columns = COLUMNS.filter((name) => given.some((row) => row[name] !== undefined));
  const records = DATA.made_up ? "made up" : "as supplied";
  const body = given.map((row) => [records, ...columns.map((name) => row[name]), row.name, row.group]);
  const lines = [["records", ...columns, "item_label", "subgroup_label"], ...body];
  return `${lines.map((line) => line.map(field).join(",")).join("\r\n")}\r\n`;
}

function save(view) {
  const parts = [DATA.made_up ? "made-up" : "", view.measure.measure, view.item === ALL ? "" : view.item,
    view.by === WHOLE ? "" : `by-${view.by}`];
  const name = `${parts.filter(Boolean).join("-")}.csv`;
  const address = URL.createObjectURL(new Blob([csvOf(rowsOf(view))], { type: "text/csv;charset=utf-8" }));
  made("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
  return `Saved as ${name}.`;
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    return "Link copied.";
  } catch {
    return "The browser did not allow copying; the link stands in the address bar.";
  }
}
