// Writing into the page: elements and texts only, so that no label is ever markup.
const SYMBOLS = { yes: "\u2713", no: "\u2717", open: "?", none: "\u2013" };
const find = (id) => document.getElementById(id);

function made(name, attributes, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}

// The mark that every figure and table of made-up records carries.
function madeUp() {
  return DATA.made_up ? [" ", made("span", { class: "mark" }, "Made-up records")] : [];
}

// A text in which each shorthand is followed by what it says, for those who hear the page.
function marked(text) {
  return String(text).split(/(\[[cux]\])/).flatMap((part) =>
    (DATA.spoken[part] ? [part, made("span", { class: "heard" }, ` ${DATA.spoken[part]}`)] : [part]));
}

// What each shorthand in some texts means.
function meanings(texts) {
  const all = texts.join(" ");
  return Object.entries(DATA.marks).filter(([mark]) => all.includes(mark)).map(([mark, said]) => `${mark}: ${said}.`);
}

// What stands in a cell: a text, or a text with a smaller line under it, a link, or the tone of a verdict.
function content(cell) {
  const { text, small = "", href = "", tone = "" } = typeof cell === "object" ? cell : { text: cell };
  const words = href ? [made("a", { href }, ...marked(text))] : marked(text);
  if (tone && !text.startsWith("[")) words.unshift(made("span", { "aria-hidden": "true" }, `${SYMBOLS[tone]} `));
  const shown = tone ? [made("span", { class: `verdict ${tone}` }, ...words)] : words;
  return small ? [...shown, made("span", { class: "small" }, ...marked(small))] : shown;
}

const textsOf = (body) => body.flat().map((cell) => (typeof cell === "object" ? `${cell.text} ${cell.small || ""}` : cell));

// A table with its notes; `heads` columns of text name each row, the other columns are of the kind they say.
function table(place, { id, caption, columns, body, heads = 1, notes = [] }) {
  const kind = (n) => (n < heads ? "text" : columns[n].kind || "number");
  const name = (n) => columns[n].text || columns[n];
  const head = made("tr", {}, ...columns.map((_, n) => made("th", { scope: "col", class: kind(n) }, name(n))));
  const rows = body.map((line) => made("tr", {}, ...line.map((cell, n) =>
    (n < heads ? made("th", { scope: "row" }, ...content(cell)) : made("td", { class: kind(n) }, ...content(cell))))));
  const title = made("caption", { id: `${id}-caption` }, made("span", {}, caption, ...madeUp()));
  const whole = made("table", { id }, title, made("thead", {}, head), made("tbody", {}, ...rows));
  const frame = { class: "scroll", role: "region", tabindex: "0", "aria-labelledby": `${id}-caption` };
  const said = [...meanings(textsOf(body)), ...notes].map((note) => made("p", { class: "note" }, note));
  place.replaceChildren(made("div", frame, whole), ...said);
}

const words = (text) => ({ text, kind: "text" });

// A count with its thousands; shorthand as it is.
function count(n) {
  if (n === null) return ABSENT;
  return typeof n === "number" ? String(n).replace(/\B(?=(\d{3})+$)/g, ",") : n;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
