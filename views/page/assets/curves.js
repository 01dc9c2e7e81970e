"use strict";
// Small plots of the published numbers. First what is shown is computed, then drawn as SVG, which takes its colours
// from the style.

const FIRST = ["log_likelihood", "log_evidence", "log_z", "logz"];
const SPANS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const HEIGHT = 132;
const MARGIN = { top: 8, bottom: 20, right: 12 };

/** The range that shows where a run is going: far outliers at one side do not flatten the rest. */
function robustRange(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return null;
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  const [low, high] = [sorted[0], sorted[sorted.length - 1]];
  const spread = at(0.75) - at(0.25) || at(0.9) - at(0.1);
  if (sorted.length < 5 || !spread) return [low, high];
  const last = values.findLast(Number.isFinite);
  return [Math.min(last, Math.max(low, at(0.25) - 2 * spread)), Math.max(last, Math.min(high, at(0.75) + 2 * spread))];
}

/** Round numbers within a range, about `count` of them, and the decimals that tell them apart. */
function ticksOf([low, high], count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough * 0.999);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const ticks = [];
  for (let n = first; n * step <= high + 1e-9 * step && ticks.length < 20; n += 1) ticks.push(n * step);
  return { ticks, label: (value) => (Math.abs(value) >= 1e15 ? significant(value) : fixed(value, Math.min(decimals, 20))) };
}

/** A range that is not empty. */
function opened([low, high]) {
  if (high > low) return [low, high];
  const room = Math.max(Math.abs(low) * 1e-6, 0.5);
  return [low - room, high + room];
}

/** What a plot of a curve shows, in pixels. */
function plotOf({ x, y, xTicks, isWhole, width }) {
  const finite = y.filter(Number.isFinite);
  if (!finite.length) return null;
  const range = isWhole ? [Math.min(...finite), Math.max(...finite)] : robustRange(y);
  const [low, high] = opened(range);
  const across = ticksOf([low, high], 4);
  const labels = across.ticks.map(across.label);
  const left = 10 + 6.3 * Math.max(1, ...labels.map((label) => label.length));
  const bottom = HEIGHT - MARGIN.bottom;
  const [x0, x1] = opened([x[0], x[x.length - 1]]);
  const toX = (value) => left + ((value - x0) / (x1 - x0)) * Math.max(1, width - left - MARGIN.right);
  const toY = (value) => bottom - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (bottom - MARGIN.top);
  const along = xTicks([x0, x1], Math.max(1, Math.floor((width - left) / 90)));
  const isOut = (value) => value < low || value > high;
  return {
    left,
    points: y.map((value, n) => (Number.isNaN(value) ? null : [toX(x[n]), toY(value)])),
    outside: apart(y.flatMap((value, n) => (isOut(value) ? [{ x: toX(x[n]), isAbove: value > high }] : [])), 9),
    isOut: y.filter(isOut).length,
    yTicks: across.ticks.map((value, n) => ({ at: toY(value), label: labels[n] })),
    xTicks: along.ticks.map((value) => ({ at: toX(value), label: along.label(value) })),
  };
}

/** Those marks that do not lie on each other. */
function apart(marks, room) {
  return marks.reduce((kept, mark) => (kept.length && mark.x - kept[kept.length - 1].x < room ? kept : [...kept, mark]), []);
}

/** Ticks of seconds in the unit that suits the span. */
function timeTicks([low, high], count) {
  const [size, unit] = SPANS.find(([each]) => high - low >= 2 * each) ?? [1, "s"];
  const { ticks, label } = ticksOf([low / size, high / size], count);
  return { ticks: ticks.map((value) => value * size), label: (value) => `${label(value / size)} ${unit}` };
}

class Curves {
  /** @param {(step: number) => void} pick A person chose this step. */
  constructor(pick) {
    this.pick = pick;
    this.axis = remembered("axis") === "time" ? "time" : "iteration";
    this.isWhole = false;
    this.most = 8;
    this.plots = new Map();
    this.axisButton = button("", "Show against the other one", () => {
      this.axis = this.axis === "time" ? "iteration" : "time";
      remember("axis", this.axis);
      this.draw();
    });
    this.rangeButton = button("", "Whether far outliers are shown", () => {
      this.isWhole = !this.isWhole;
      this.draw();
    });
    this.more = button("", "", () => {
      this.most = Infinity;
      this.draw();
    });
    this.body = el("div");
    this.element = el("section", { class: "curves", "aria-label": "Curves" },
      el("div", { class: "head" }, el("h2", {}, "Curves"), this.axisButton, this.rangeButton), this.body, this.more);
    new ResizeObserver(() => this.draw()).observe(this.body);
  }

  update(curves, counts, step) {
    const isOther = this.curves !== curves || this.step !== step;
    Object.assign(this, { curves, counts: counts || "iterations", step });
    this.element.hidden = !curves?.steps.length;
    if (isOther) this.draw();
  }

  draw() {
    if (this.element.hidden || !this.curves || !this.body.clientWidth) return;
    say(this.axisButton, this.axis === "time" ? "time" : printable(this.counts, 40));
    say(this.rangeButton, this.isWhole ? "whole range" : "recent range");
    const { values } = this.curves;
    const place = (name) => (FIRST.indexOf(name) + 1 || 99);
    const sorted = [...values].sort(([a], [b]) => place(a) - place(b));
    const shown = sorted.slice(0, this.most);
    for (const name of this.plots.keys()) {
      if (!shown.some(([each]) => each === name)) this.plots.get(name).remove(), this.plots.delete(name);
    }
    for (const [name, numbers] of shown) this.body.append(this.plot(name, numbers.map(Number)));
    this.more.hidden = sorted.length <= this.most;
    say(this.more, `${sorted.length - this.most} more`);
  }

  get x() {
    const { iterations, times } = this.curves;
    return this.axis === "time" ? times.map((time) => Number(time) - Number(times[0])) : iterations.map(Number);
  }

  plot(name, y) {
    let card = this.plots.get(name);
    if (!card) {
      const value = el("output");
      card = el("figure", {}, el("figcaption", {}, el("span", {}, printable(name, 60)), value), el("svg:svg", { role: "img" }));
      Object.assign(card, { value, svg: card.lastChild, words: name.startsWith("log_") ? nats : significant });
      card.svg.addEventListener("pointermove", (event) => this.point(card, event));
      card.svg.addEventListener("pointerleave", () => this.rest(card));
      card.svg.addEventListener("click", (event) => this.pick(this.curves.steps[this.nearest(card, event)]));
      this.plots.set(name, card);
    }
    card.y = y;
    const xTicks = this.axis === "time" ? timeTicks : ticksOf;
    card.shown = plotOf({ x: this.x, y, xTicks, isWhole: this.isWhole, width: this.body.clientWidth });
    card.svg.setAttribute("aria-label", `${printable(name, 60)}: ${card.words(y[y.length - 1])} now`);
    card.svg.replaceChildren(...(card.shown ? drawnPlot(card.shown, this.body.clientWidth) : []));
    this.rest(card);
    return card;
  }

  /** The value at the step that is shown, or the newest; what lies outside. */
  rest(card) {
    const at = this.step === null ? -1 : this.curves.steps.indexOf(this.step);
    this.mark(card, at);
    const value = card.words(at < 0 ? card.y[card.y.length - 1] : card.y[at]);
    const out = card.shown?.isOut;
    say(card.value, out ? `${value}  (${fixed(out)} outside)` : value);
  }

  point(card, event) {
    const at = this.nearest(card, event);
    this.mark(card, at);
    const x = this.x[at];
    const where = this.axis === "time" ? `after ${duration(x)}` : fixed(x);
    say(card.value, `${where}: ${card.words(card.y[at])}`);
  }

  nearest(card, event) {
    const x = event.clientX - card.svg.getBoundingClientRect().left;
    const off = (point) => (point ? Math.abs(point[0] - x) : Infinity);
    const points = card.shown?.points ?? [];
    return points.reduce((best, point, n) => (off(point) < off(points[best]) ? n : best), 0);
  }

  mark(card, at) {
    const point = card.shown?.points[at];
    card.svg.querySelector(".mark")?.remove();
    if (!point) return;
    card.svg.append(el("svg:g", { class: "mark" },
      el("svg:line", { x1: point[0], x2: point[0], y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }),
      el("svg:circle", { cx: point[0], cy: point[1], r: 3.5 })));
  }
}

/** The elements of a plot. */
function drawnPlot({ left, points, outside, xTicks, yTicks }, width) {
  const bottom = HEIGHT - MARGIN.bottom;
  const text = (x, y, anchor, label) => el("svg:text", { x, y, "text-anchor": anchor }, label);
  const anchor = (at) => (at > width - 40 ? "end" : at < left + 16 ? "start" : "middle");
  const place = (at) => (at > width - 40 ? Math.min(width, at + 12) : at);
  const isAlone = (n) => !points[n - 1] && !points[n + 1];
  const path = points.map((point, n) => (point ? `${points[n - 1] ? "L" : "M"}${point.map((v) => v.toFixed(1))}` : ""));
  return [
    ...yTicks.map(({ at }) => el("svg:line", { class: "grid", x1: left, x2: width - MARGIN.right, y1: at, y2: at })),
    ...yTicks.map(({ at, label }) => text(left - 6, at + 4, "end", label)),
    ...xTicks.map(({ at }) => el("svg:line", { class: "grid", x1: at, x2: at, y1: bottom, y2: bottom + 4 })),
    ...xTicks.map(({ at, label }) => text(place(at), HEIGHT - 3, anchor(at), label)),
    el("svg:path", { class: "line", d: path.join("") }),
    ...points.flatMap((p, n) => (p && isAlone(n) ? [el("svg:circle", { class: "dot", cx: p[0], cy: p[1], r: 2 })] : [])),
    ...outside.map(({ x, isAbove }) => el("svg:path", { class: "out",
      d: isAbove ? `M${x - 3},${MARGIN.top + 4}h6l-3,-5z` : `M${x - 3},${bottom - 4}h6l-3,5z` })),
  ];
}
