// Draws the two panels of a data set, moves the cut through them, keeps the numbers beside it.
"use strict";
(() => {
const METRICS = [
  { key: "log_loss", name: "Log loss", extreme: "lowest", mark: "M-6,-5H6L0,6Z" },
  { key: "s_over_sqrt_b", name: "s/√b", extreme: "highest", mark: "M-6,-6H6V6H-6Z" },
  { key: "asimov", name: "Asimov significance", extreme: "highest", mark: "M0,-5L5,0L0,5L-5,0Z" },
];
// Pixels around a panel's plot; the style sheet's slider follows LEFT and RIGHT.
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 14, 20, 34];
const NARROWEST = 200; // a window that is not shown yet has no width
const SETTLED = 400; // milliseconds without a move before the cut is announced and kept in the address

const byId = (id) => document.getElementById(id);
const slider = byId("cut");
const dataSets = JSON.parse(byId("data-sets").textContent).map(prepared);
const shown = { set: dataSets[0], cut: 0, logarithmic: false };
let settling;

// Numbers. JSON has no NaN or infinity: a value that is not defined arrives as null.

function isNumber(value) {
  return typeof value === "number";
}

function formatted(value) {
  if (!isNumber(value)) return "not defined";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) return value.toExponential(3);
  const digits = Number.isInteger(value) ? 12 : 5;
  return value.toLocaleString("en", { maximumSignificantDigits: digits });
}

// Tick marks at 1, 2 or 5 times a power of ten, at most `count` intervals.
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999);
  const places = [];
  for (let i = Math.ceil(low / step - 1e-9) || 0; i * step <= high + 1e-9 * step; i++) places.push(i * step);
  return places;
}

function powersOfTen(low, high) {
  const first = Math.ceil(Math.log10(low));
  const last = Math.floor(Math.log10(high));
  const stride = Math.ceil((last - first + 1) / 6);
  const places = [];
  for (let power = first; power <= last; power += stride) places.push(10 ** power);
  return places;
}

// Data sets.

// A metric's values divided by the largest, and the index of its best cut (-1 where it has none).
function preparedMetric(values, extreme) {
  const finite = values.filter(isNumber);
  const largest = Math.max(...finite);
  const best = extreme === "lowest" ? Math.min(...finite) : largest;
  const share = (value) => (isNumber(value) && largest > 0 ? value / largest : null);
  return { shares: values.map(share), best: values.indexOf(best) };
}

function prepared(set) {
  const entries = METRICS.map(({ key, extreme }) => [key, preparedMetric(set[key], extreme)]);
  const step = set.cuts[1] - set.cuts[0];
  return { ...set, metrics: Object.fromEntries(entries), step, low: set.edges[0], high: set.edges.at(-1) };
}

function indexOfCut(set, cut) {
  return set.cuts.findIndex((scanned) => Math.abs(scanned - cut) < set.step / 2);
}

function startingCut(set) {
  const { best } = set.metrics.log_loss;
  return best < 0 ? (set.low + set.high) / 2 : set.cuts[best];
}

// Stretches [start, end) of a list where every value is a number.
function stretches(values) {
  const found = [];
  values.forEach((value, i) => {
    if (!isNumber(value)) return;
    if (i > 0 && isNumber(values[i - 1])) found.at(-1)[1] = i + 1;
    else found.push([i, i + 1]);
  });
  return found;
}

// Drawing.

function element(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function html(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function panel(id, height) {
  return { svg: byId(id).querySelector("svg"), height, width: 0, bottom: height - BOTTOM };
}

const counts = panel("counts", 200);
const metrics = panel("metrics", 230);
const panels = [counts, metrics];

function horizontal(value) {
  const { low, high } = shown.set;
  return LEFT + ((value - low) / (high - low)) * (counts.width - LEFT - RIGHT);
}

function axes({ svg, width, bottom }, vertical, places) {
  const right = width - RIGHT;
  for (const place of places) {
    const y = vertical(place);
    svg.append(element("line", { class: "grid", x1: LEFT, x2: right, y1: y, y2: y }));
    const text = { x: LEFT - 7, y: y + 4, "text-anchor": "end" };
    svg.append(element("text", text, place.toLocaleString("en", { maximumSignificantDigits: 4 })));
  }
  for (const place of ticks(shown.set.low, shown.set.high, 10)) {
    const x = horizontal(place);
    svg.append(element("line", { class: "axis", x1: x, x2: x, y1: bottom, y2: bottom + 5 }));
    svg.append(element("text", { x, y: bottom + 18, "text-anchor": "middle" }, String(Number(place.toPrecision(6)))));
  }
  const middle = { class: "name", x: (LEFT + right) / 2, y: bottom + 32, "text-anchor": "middle" };
  svg.append(element("text", middle, "x"));
}

function frame({ svg, width, bottom }) {
  const size = { x: LEFT, y: TOP, width: width - LEFT - RIGHT, height: bottom - TOP };
  svg.append(element("rect", { class: "axis frame", ...size }));
}

function cutLine({ svg, bottom }) {
  svg.append(element("line", { class: "cut", y1: TOP, y2: bottom }));
}

function countScale({ bottom }) {
  const filled = [...shown.set.signal, ...shown.set.background].filter((count) => count > 0);
  const largest = Math.max(...filled, 1e-9);
  const length = bottom - TOP;
  if (!shown.logarithmic) {
    const high = largest * 1.05;
    return { vertical: (count) => bottom - (count / high) * length, places: ticks(0, high, 5) };
  }
  const low = Math.min(1, ...filled) / 2;
  const span = Math.log(largest / low) * 1.05;
  const vertical = (count) => bottom - (Math.log(Math.max(count, low) / low) / span) * length;
  return { vertical, places: powersOfTen(low, largest * 1.2) };
}

// An empty bin draws nothing, so that the axis below it keeps its colour.
function histogram(values, vertical, bottom) {
  const { edges } = shown.set;
  const outline = ([start, end]) => {
    let path = `M${horizontal(edges[start])},${bottom}`;
    for (let i = start; i < end; i++) path += `V${vertical(values[i])}H${horizontal(edges[i + 1])}`;
    return `${path}V${bottom}`;
  };
  return stretches(values.map((count) => (count > 0 ? count : null))).map(outline).join("");
}

function drawCounts() {
  const { svg, bottom } = counts;
  const { vertical, places } = countScale(counts);
  axes(counts, vertical, places);
  for (const name of ["background", "signal"]) {
    svg.append(element("path", { class: name, d: histogram(shown.set[name], vertical, bottom) }));
  }
  frame(counts);
  svg.append(element("text", { class: "cut-label", y: TOP - 6 }));
  cutLine(counts);
}

function shareHeight(share) {
  return metrics.bottom - (share / 1.05) * (metrics.bottom - TOP);
}

// A stretch of one value is drawn as a dot: a line of no length with round ends.
function curve(shares) {
  const line = ([start, end]) => {
    const point = (i) => `${horizontal(shown.set.cuts[i])},${shareHeight(shares[i])}`;
    let path = `M${point(start)}h0`;
    for (let i = start + 1; i < end; i++) path += `L${point(i)}`;
    return path;
  };
  return stretches(shares).map(line).join("");
}

function drawMetrics() {
  const { svg } = metrics;
  axes(metrics, shareHeight, ticks(0, 1, 5));
  for (const { key } of METRICS) {
    svg.append(element("path", { class: `curve ${key}`, d: curve(shown.set.metrics[key].shares) }));
  }
  frame(metrics);
  cutLine(metrics);
  for (const { key } of METRICS) svg.append(element("circle", { class: `here ${key}`, r: 4.5 }));
  for (const { key, mark } of METRICS) {
    const { shares, best } = shown.set.metrics[key];
    if (!isNumber(shares[best])) continue;
    const transform = `translate(${horizontal(shown.set.cuts[best])},${shareHeight(shares[best])})`;
    svg.append(element("path", { class: `mark ${key}`, d: mark, transform }));
  }
}

function draw() {
  for (const each of panels) {
    each.width = Math.max(each.svg.parentElement.clientWidth, NARROWEST);
    each.svg.setAttribute("height", each.height);
    each.svg.replaceChildren();
  }
  drawCounts();
  drawMetrics();
  showCut();
}

// Legends, choices and rows: made once.

function swatch(...children) {
  return element("svg", { width: 34, height: 14, viewBox: "-17 -7 34 14", "aria-hidden": "true" }, ...children);
}

function makeLegends() {
  const box = (name) => swatch(element("rect", { class: name, x: -13, y: -5, width: 26, height: 10 }));
  const entry = (drawing, text) => html("span", { className: "entry" }, drawing, text);
  const histograms = [entry(box("signal"), "Signal"), entry(box("background"), "Background")];
  byId("counts-heading").after(...histograms);
  const curves = METRICS.map(({ key, name, mark }) => {
    const line = element("path", { class: `curve ${key}`, d: "M-15,0H15" });
    return entry(swatch(line, element("path", { class: `mark ${key}`, d: mark })), name);
  });
  byId("metrics-heading").after(...curves);
}

function makeChoices() {
  dataSets.forEach((set, i) => {
    const radio = html("input", { type: "radio", name: "data-set", value: i });
    radio.addEventListener("change", () => show(set, startingCut(set)));
    byId("choice").append(html("label", {}, radio, set.name));
  });
}

function cell(role, key) {
  const made = html("td", {});
  made.dataset[role] = key;
  return made;
}

function makeRows() {
  for (const { key, name } of METRICS) {
    const button = html("button", { type: "button" });
    button.dataset.best = key;
    button.addEventListener("click", () => moveTo(shown.set.cuts[shown.set.metrics[key].best]));
    const head = html("th", { scope: "row" }, name);
    byId("rows").append(html("tr", {}, head, cell("value", key), cell("share", key), html("td", {}, button)));
  }
}

// The cut.

function put(role, key, text) {
  document.querySelector(`[data-${role}=${key}]`).textContent = text;
}

function showNumbers(index) {
  const { set, cut } = shown;
  const number = (values) => (index < 0 ? "not scanned" : formatted(values[index]));
  put("value", "cut", formatted(cut));
  for (const key of ["signal_yield", "background_yield"]) put("value", key, number(set[key]));
  for (const { key } of METRICS) {
    const share = set.metrics[key].shares[index];
    put("value", key, number(set[key]));
    put("share", key, isNumber(share) ? share.toFixed(3) : "–");
  }
}

function showCut() {
  const { set, cut } = shown;
  const index = indexOfCut(set, cut);
  const x = horizontal(cut);
  for (const { svg } of panels) {
    const line = svg.querySelector(".cut");
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  }
  const label = counts.svg.querySelector(".cut-label");
  label.textContent = `x > ${formatted(cut)} →`;
  label.setAttribute("x", Math.min(x, counts.width - label.getComputedTextLength() - 2));
  for (const { key } of METRICS) {
    const share = set.metrics[key].shares[index];
    const dot = metrics.svg.querySelector(`.here.${key}`);
    dot.setAttribute("visibility", isNumber(share) ? "visible" : "hidden");
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", isNumber(share) ? shareHeight(share) : 0);
  }
  showNumbers(index);
}

function announce() {
  const text = (key) => document.querySelector(`[data-value=${key}]`).textContent;
  const yields = `signal ${text("signal_yield")}, background ${text("background_yield")}`;
  const values = METRICS.map(({ key, name }) => `${name} ${text(key)}`).join(", ");
  byId("announcement").textContent = `Cut ${text("cut")}: ${yields}, ${values}.`;
}

function settle() {
  announce();
  const address = new URLSearchParams({ data: shown.set.name, cut: shown.cut });
  history.replaceState(null, "", `#${address}`);
}

// The slider keeps the cut within the axis and on the scan's steps.
function moveTo(cut) {
  slider.value = cut;
  shown.cut = slider.valueAsNumber;
  showCut();
  clearTimeout(settling);
  settling = setTimeout(settle, SETTLED);
}

function showBest({ key, name, extreme }) {
  const { cuts, metrics } = shown.set;
  const { best } = metrics[key];
  const button = document.querySelector(`[data-best=${key}]`);
  button.disabled = best < 0;
  button.textContent = best < 0 ? "–" : formatted(cuts[best]);
  const label = `${button.textContent}: move the cut to the ${extreme} ${name}`;
  button.setAttribute("aria-label", best < 0 ? `${name} is not defined` : label);
}

function show(set, cut) {
  shown.set = set;
  Object.assign(slider, { min: set.low, max: set.high, step: set.step });
  document.querySelector(`#choice [value="${dataSets.indexOf(set)}"]`).checked = true;
  byId("description").textContent = set.description;
  byId("counts-heading").textContent = `Events in each bin of width ${formatted(set.edges[1] - set.edges[0])}`;
  METRICS.forEach(showBest);
  draw();
  moveTo(cut);
}

function showAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const set = dataSets.find(({ name }) => name === wanted.get("data")) ?? dataSets[0];
  const cut = Number.parseFloat(wanted.get("cut"));
  show(set, Number.isFinite(cut) ? cut : startingCut(set));
}

// Pointers in the panels.

function follow(event) {
  const x = event.clientX - counts.svg.getBoundingClientRect().left;
  const { low, high } = shown.set;
  moveTo(low + ((x - LEFT) / (counts.width - LEFT - RIGHT)) * (high - low));
}

// A finger may be about to scroll the page: it moves the cut once it slides sideways or lifts.
function listen({ svg }) {
  let start;
  let sliding;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    svg.setPointerCapture(event.pointerId);
    start = event;
    sliding = event.pointerType !== "touch";
    if (sliding) follow(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!svg.hasPointerCapture(event.pointerId)) return;
    sliding ||= Math.abs(event.clientX - start.clientX) > Math.abs(event.clientY - start.clientY);
    if (sliding) follow(event);
  });
  svg.addEventListener("pointerup", (event) => {
    if (!svg.hasPointerCapture(event.pointerId)) return;
    follow(event);
    slider.focus({ preventScroll: true });
  });
}

makeLegends();
makeChoices();
makeRows();
showAddress();
panels.forEach(listen);
slider.addEventListener("input", () => moveTo(slider.valueAsNumber));
byId("logarithmic").addEventListener("change", (event) => {
  shown.logarithmic = event.target.checked;
  draw();
});
addEventListener("hashchange", showAddress);
new ResizeObserver(draw).observe(byId("counts"));
})();
