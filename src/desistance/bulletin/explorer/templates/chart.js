// A dot with its interval for each row, as SVG with real text. One kind of chart: a charting library would be larger
// than all of the data and would bring nothing that a reader of it needs.
const drawChart = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const NARROW = 560, GAP = 14, MARGIN = 8, DOT = 5, CAP = 5;
  const ruler = document.createElement("canvas").getContext("2d");

  function shape(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function wide(text) { return ruler.measureText(text).width; }

  // Lines of a text that fit a width; a word that fits no line is broken.
  function lines(text, width) {
    const found = [""];
    for (const word of text.split(/\s+/)) {
      let rest = word;
      const last = found[found.length - 1];
      if (last && wide(`${last} ${rest}`) <= width) { found[found.length - 1] = `${last} ${rest}`; continue; }
      if (last) found.push("");
      while (wide(rest) > width && rest.length > 1) {
        let fits = rest.length - 1;
        while (fits > 1 && wide(rest.slice(0, fits)) > width) fits -= 1;
        found[found.length - 1] = rest.slice(0, fits);
        found.push("");
        rest = rest.slice(fits);
      }
      found[found.length - 1] = rest;
    }
    return found;
  }

  // Widths of the three columns: label, track, value; on a narrow page label and value stand over their track.
  function columns(rows, width, size) {
    const value = Math.max(...rows.map((row) => (row.said ? wide(row.said) : 0))) + GAP;
    if (width < NARROW) return { narrow: true, label: width - value, left: MARGIN, right: width - 1.4 * size };
    const longest = Math.max(...rows.filter((row) => !row.head).map((row) => wide(row.label)), 60) + GAP;
    const label = Math.min(longest, width * 0.36);
    return { narrow: false, label, left: label + GAP, right: width - value - MARGIN };
  }

  function placed(rows, size, page, sheetWidth) {
    const leading = size * 1.3;
    let top = leading * 1.6;
    return rows.map((row) => {
      const text = lines(row.head || row.label, (row.head ? sheetWidth : page.label) - GAP);
      const block = text.length * leading;
      const at = { row, text, top };
      if (row.head) at.height = block + 12;
      else if (page.narrow) {
        at.height = block + leading * 1.75;
        at.middle = top + block + leading * 0.55;
      }
      else {
        at.height = Math.max(block, leading * 1.2) + 8;
        at.middle = top + (at.height - 8) / 2;
      }
      top += at.height;
      return at;
    });
  }

  function write(sheet, text, x, y, size, kind, anchor) {
    const made = shape("text", { x, y, class: kind, "font-size": size, "text-anchor": anchor || "start" }, text);
    sheet.append(made);
  }

  function axis(sheet, scale, x, top, bottom, size) {
    for (const tick of scale.ticks) {
      sheet.append(shape("line", { x1: x(tick), x2: x(tick), y1: top, y2: bottom, class: "grid" }));
      for (const y of [top - 6, bottom + size * 1.1]) {
        write(sheet, scale.said(tick), x(tick), y, size * 0.9, "axis", "middle");
      }
    }
  }

  function mark(sheet, row, x, y) {
    const kind = row.whole ? "whole" : "dot";
    const weak = row.weak ? " weak" : "";
    if (row.low !== null && row.high !== null) {
      const style = `whisker${row.whole ? " of-whole" : ""}`;
      const [low, high] = [x(row.low), x(row.high)];
      sheet.append(shape("line", { x1: low, x2: high, y1: y, y2: y, class: style }));
      for (const end of [low, high]) {
        sheet.append(shape("line", { x1: end, x2: end, y1: y - CAP, y2: y + CAP, class: style }));
      }
    }
    if (row.whole) {
      const points = [[0, -DOT - 2], [DOT + 2, 0], [0, DOT + 2], [-DOT - 2, 0]];
      const corners = points.map(([across, down]) => `${x(row.at) + across},${y + down}`).join(" ");
      sheet.append(shape("polygon", { points: corners, class: kind + weak }));
    } else sheet.append(shape("circle", { cx: x(row.at), cy: y, r: DOT, class: kind + weak }));
  }

  function sheetOf(rows, page, scale, width, size) {
    const within = (value) => Math.min(Math.max(value, 0), scale.most) / scale.most;
    const x = (value) => page.left + within(value) * (page.right - page.left);
    const made = placed(rows, size, page, width);
    const last = made[made.length - 1];
    const bottom = last.top + last.height;
    const sheet = shape("svg", { viewBox: `0 0 ${width} ${bottom + size * 3}`, role: "img" });
    axis(sheet, scale, x, size * 1.6, bottom, size);
    write(sheet, scale.title, page.left - MARGIN, bottom + size * 2.5, size * 0.9, "axis");
    for (const { row, text, top, middle, height } of made) {
      const block = text.length * size * 1.3;
      const start = row.head || page.narrow ? top : top + (height - 8 - block) / 2;
      const style = row.head || row.whole ? "strong" : "name";
      text.forEach((line, n) => write(sheet, line, 0, start + (n + 0.85) * size * 1.3, size, style));
      if (row.head) continue;
      const baseline = middle + size * 0.35;
      const level = page.narrow ? top + 0.85 * size * 1.3 : baseline;
      if (row.at !== null) mark(sheet, row, x, middle);
      else write(sheet, row.gone, page.left, baseline, size, "gone");
      write(sheet, row.said, width - 2, level, size, "value", "end");
    }
    return sheet;
  }

  // Rows in parts of at most so many, so that paper can break between them; a new part begins with a heading.
  function parts(rows, most) {
    const found = [[]];
    for (const row of rows) {
      const last = found[found.length - 1];
      if (row.head && last.length && last.length + most / 4 > most) found.push([row]);
      else last.push(row);
    }
    return found;
  }

  // Draw rows into a place; `most` rows a sheet where they have headings to break at.
  return (place, rows, scale, alternative, width, most = Infinity) => {
    const style = getComputedStyle(place);
    const size = parseFloat(style.fontSize) * 0.94;
    ruler.font = `700 ${size}px ${style.fontFamily}`;
    ruler.letterSpacing = style.letterSpacing === "normal" ? "0px" : style.letterSpacing;
    ruler.wordSpacing = style.wordSpacing === "normal" ? "0px" : style.wordSpacing;
    const page = columns(rows, width, size);
    const sheets = parts(rows, most).map((part) => sheetOf(part, page, scale, width, size));
    sheets.forEach((sheet, n) => {
      sheet.setAttribute("aria-label", n ? `The chart goes on: part ${n + 1}.` : alternative);
    });
    place.replaceChildren(...sheets);
  };
})();
