"use strict";
// Words and numbers for a person, and the elements that hold them. Every text of a spool is a stranger's: it comes
// through `printable`, and into the page by `textContent` alone.

const MINUS = "\u2212";
const UNKNOWN = "–";

/** A text in one line, with an escape for every character that is not to be seen, or that turns its neighbours. */
function printable(text, most = 300) {
  const shown = text.length > most ? text.slice(0, most / 2) + "…" + text.slice(-most / 2) : text;
  return shown.replace(/[\p{C}\p{Z}]/gu, (sign) => (sign === " " ? sign : escaped(sign.codePointAt(0))));
}

function escaped(code) {
  if (code < 32 && "\t\n\r".includes(String.fromCharCode(code))) return { 9: "\\t", 10: "\\n", 13: "\\r" }[code];
  const [letter, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return "\\" + letter + code.toString(16).padStart(digits, "0");
}

/** What a data script gives for a number: null if it is unknown. */
function number(value) {
  return value === null || value === undefined ? null : Number(value);
}

/** With thousands commas and a true minus; `decimals` as they are. */
function fixed(value, decimals = 0) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : (value < 0 ? MINUS : "") + "∞";
  const [whole, rest] = Math.abs(value).toFixed(decimals).split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? "." + rest : "");
  return (value < 0 && /[1-9]/.test(text) ? MINUS : "") + text;
}

/** Six significant digits, and no digit lost before the point. */
function significant(value) {
  if (value === null) return UNKNOWN;
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return fixed(value);
  if (size < 1e-4 || size >= 1e15) {
    return value.toExponential(5).replace(/\.?0*e/, "e").replace(/-/g, MINUS).replace("+", "");
  }
  const text = fixed(value, Math.max(0, 5 - Math.floor(Math.log10(size))));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A log likelihood: two decimals, unless that says nothing of it. */
function nats(value) {
  if (value === null) return UNKNOWN;
  const size = Math.abs(value);
  return size === 0 || (size >= 0.005 && size < 1e15) || !Number.isFinite(value) ? fixed(value, 2) : significant(value);
}

function counted(count, noun) {
  return fixed(count) + " " + noun + (count === 1 ? "" : "s");
}

/** A duration: the largest unit of which there are two. */
function duration(seconds) {
  if (seconds === null) return UNKNOWN;
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= 2 * size) return fixed(seconds / size) + " " + unit;
  }
  if (seconds >= 1 || seconds <= 0) return fixed(Math.max(seconds, 0), seconds < 10 && seconds % 1 ? 1 : 0) + " s";
  return seconds < 0.001 ? "< 1 ms" : fixed(1000 * seconds) + " ms";
}

function ago(seconds) {
  return seconds === null ? UNKNOWN : duration(Math.floor(Math.max(seconds, 0))) + " ago";
}

const ROUGH = [[90, 10], [1200, 60], [1800, 300], [3600, 600], [18000, 1800], [172800, 3600], [864000, 43200]];

/** A time to one or two digits, as it is known: 40 s, 15 min, 1 h 30 min, 2.5 days. */
function roughly(seconds) {
  const time = Math.min(Math.max(seconds, 10), 86400000);
  const [, step] = ROUGH.find(([limit]) => time < limit) ?? [0, 86400];
  const whole = Math.max(step, Math.round(time / step) * step);
  if (whole < 90) return `${whole} s`;
  if (whole < 3600) return `${Math.round(whole / 60)} min`;
  if (whole < 172800) {
    const minutes = Math.round(whole / 60);
    return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
  }
  return `${fixed(whole / 86400, whole % 86400 ? 1 : 0)} days`;
}

/** How long a run goes on: "about 2 h (1 h 20 min to 3 h)". */
function timeLeft({ done, earliest, latest }, now) {
  if (latest - now <= 10) return "done any moment";
  if (done - now < 10) return `less than ${roughly(latest - now)}`;
  const [low, high] = [roughly(earliest - now), roughly(latest - now)];
  return `about ${roughly(done - now)}${low === high ? "" : ` (${low} to ${high})`}`;
}

/** What of a run is done when its batch system ends it. */
function atWalltime({ began, done, earliest, latest }, walltime) {
  const when = clock(walltime).slice(0, -3);
  if (walltime >= latest) return `${when}: done ${roughly(walltime - done)} before`;
  if (walltime >= done) return `${when}: likely done before, not surely`;
  if (began === null || began === undefined) return `${when}: not done by then`;
  const share = 5 * Math.round((20 * Math.max(0, walltime - began)) / Math.max(done - began, 1e-9));
  return `${when}: about ${Math.min(share, 95)} % done${walltime > earliest ? ", or all" : ""}`;
}

/** A moment on the reader's clock; the day only if it is another one. */
function clock(moment) {
  if (moment === null) return UNKNOWN;
  const date = new Date(1000 * moment);
  const two = (part) => String(part).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return date.toDateString() === new Date().toDateString() ? time : day + " " + time;
}

/** An element with attributes, listeners (`onclick`, ...), properties in `$`, and texts or elements in it. */
function el(tag, attributes = {}, ...inside) {
  const made = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...inside.filter((each) => each !== null && each !== undefined && each !== false));
  return made;
}

/** Change an element's text only if it is another: what a person selected stays selected. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function button(text, title, act, attributes = {}) {
  return el("button", { type: "button", title, onclick: act, ...attributes }, text);
}
