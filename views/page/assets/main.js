"use strict";
// Which page is shown, as the address says; what all pages have: the bar, the keys, the theme.

const KEYS = [
  ["← →", "a step back, on"],
  ["Page ↑ ↓", "ten steps"],
  ["Home", "the first step"],
  ["End, f", "follow the newest"],
  ["1 … 9", "another figure"],
  ["z", "pixel by pixel, or the whole figure"],
  ["+ −, wheel, pinch", "zoom; drag to move"],
  ["c", "compare with another step"],
  ["b", "blink two figures; space: the other one"],
  ["/", "filter the runs"],
  ["g", "runs as a list or a grid"],
  ["[ ]", "the run before, after"],
  ["t", "light or dark"],
  ["Esc", "back"],
  ["?", "these keys"],
];
const FILTERS = "Filter: words of a name, path or warning; a number by its name with < <= > >= = !=, text with ~ (contains); " +
  "and, or, not, brackets. age is that of the last quick update: age > 10min.";

if (SERVED && new URLSearchParams(location.search).has("token")) {
  history.replaceState(null, "", location.pathname + location.hash); // from now on a cookie says who looks
}

const bar = document.getElementById("bar");
const place = document.getElementById("page");
const help = document.getElementById("help");
const app = { runs: null, page: null, address: {}, ats: [] };

function remembered(name) {
  try {
    return localStorage.getItem("autoviz " + name);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function remember(name, value) {
  try {
    localStorage.setItem("autoviz " + name, value);
  } catch {
    // see above
  }
}

/** What the address says, by name. */
function readAddress() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

/** Say in the address what is shown, without a step in the history. */
function writeAddress() {
  const [one, two] = app.ats;
  const step = (at) => (at && at.step !== null ? at.step : undefined);
  if (one) Object.assign(app.address, { figure: one.figure, step: step(one), step2: step(two) });
  const said = Object.entries(app.address).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(Object.fromEntries(said)).toString();
  history.replaceState(null, "", location.pathname + location.search + (text ? "#" + text : ""));
}

function atFrom(figure, step) {
  return { figure, step: step === undefined || !/^\d+$/.test(step) ? null : Number(step) };
}

/** Show what the address says. */
function route() {
  const address = readAddress();
  app.page?.close?.();
  Object.assign(app, { address, ats: [] });
  if (KIND === "runs") app.runs ??= new RunsPage(app.address, writeAddress);
  if (app.runs) app.runs.at = app.address;
  const open = opener(address.run);
  const other = address.with === undefined ? null : opener(address.with);
  if (KIND === "runs" && address.run === undefined) show(app.runs);
  else if (!open || (address.with !== undefined && !other)) wait(address);
  else if (other) {
    app.ats = [atFrom(address.figure, address.step), atFrom(address.figure, address.step2)];
    show(new Compare([open, other], app.ats, writeAddress));
  } else {
    app.ats = [atFrom(address.figure, address.step)];
    show(new RunPage(open, app.ats[0], writeAddress));
  }
}

/** How to open the run of a key; null if it is not known, or not yet. */
function opener(key) {
  if (KIND === "run") return (changed) => new Run("", changed);
  const row = key === undefined ? null : app.runs.runs.byKey(key);
  return row && ((changed) => app.runs.runs.open(row, changed));
}

/** The run is not known: perhaps it is being read. */
function wait(address) {
  const text = el("p", { class: "empty" }, "Loading …");
  const page = { element: text, title: "autoviz-render" };
  show(page);
  const look = () => {
    if (app.page !== page) return;
    const { index, rows } = app.runs.runs;
    if (opener(address.run) && (address.with === undefined || opener(address.with))) route();
    else if (index?.is_complete && rows.size >= index.runs) {
      say(text, `No run “${printable(address.run, 200)}” below this path now.`);
    }
  };
  app.waiting = look;
  look();
}

function show(page) {
  const isOther = app.page !== page;
  app.page = page;
  page.onupdate = drawBar;
  if (app.runs && app.runs !== page) app.runs.onupdate = () => (drawBar(), app.waiting?.());
  if (isOther) {
    place.replaceChildren(page.element);
    place.className = page.element.className;
    place.focus({ preventScroll: true });
  }
  if (page === app.runs) {
    page.scroll.scrollTop = app.scrolled ?? 0;
    page.refresh();
  } else page.update?.();
  drawBar();
}

function drawBar() {
  const { page, address } = app;
  document.title = page.title;
  const run = page.run;
  const source = run?.source ?? (page === app.runs ? page.runs.source : null);
  const value = source?.value;
  const kept = app.runs?.kept ?? {};
  const link = (fields) => "#" + new URLSearchParams(Object.entries({ ...kept, ...fields }).filter(([, each]) => each !== undefined));
  bar.back.hidden = !(KIND === "runs" && page !== app.runs) && !(KIND === "run" && address.with !== undefined);
  bar.back.href = KIND === "runs" ? link({}) : link({ figure: address.figure });
  say(bar.back, KIND === "runs" ? "‹ all runs" : "‹ the run");
  const isRun = page instanceof RunPage;
  say(bar.name, page instanceof Compare ? "Comparison" : isRun ? (value ? printable(value.run.run, 120) : "…") : value ? printable(value.path, 120) : "autoviz-render");
  bar.state.hidden = !isRun || !value;
  if (isRun && value) {
    const state = value.run.is_silent ? "silent" : value.run.state;
    bar.state.className = "pill state " + (/^\w+$/.test(state) ? state : "");
    say(bar.state, printable(state, 20));
  }
  say(bar.fact, isRun && value ? headline(value.run, source) : "");
  bar.standing.hidden = !value;
  if (value) {
    say(bar.standing, source.standing);
    bar.standing.className = "standing " + source.state.replace(" ", "-");
  }
  bar.compare.hidden = !isRun || !page.look.stops || page.look.stops.length < 2;
  for (const [node, off] of [[bar.before, -1], [bar.after, 1]]) {
    const row = isRun && app.runs ? app.runs.beside(address.run, off) : null;
    node.hidden = !row;
    if (row) node.href = link({ run: row.key, figure: address.figure });
  }
}

function headline(run, source) {
  const counts = number(run.iteration);
  return [
    counts === null ? null : `${printable(run.counts || "iterations", 30)} ${fixed(counts)}`,
    run.log_likelihood === null ? null : `log likelihood ${nats(number(run.log_likelihood))}`,
    run.updated === null || source.state === "over" ? null : ago(source.present - run.updated),
  ].filter(Boolean).join(" · ");
}

function makeBar() {
  Object.assign(bar, {
    back: el("a", { class: "back", title: "Back (Esc)" }),
    name: el("h1"),
    state: el("span"),
    fact: el("span", { class: "fact" }),
    standing: el("span", { title: "How true this is still" }),
    before: el("a", { class: "button", title: "The run before ([)", "aria-label": "The run before" }, "‹"),
    after: el("a", { class: "button", title: "The run after (])", "aria-label": "The run after" }, "›"),
    compare: button("compare", "Compare with another step (c)", compareSteps),
  });
  const theme = button("◐", "Light or dark (t)", toggleTheme, { "aria-label": "Light or dark" });
  const keys = button("?", "Keys (?)", toggleHelp, { "aria-label": "Keys" });
  bar.append(bar.back, bar.name, bar.state, bar.fact, el("span", { class: "gap" }), bar.standing, bar.before, bar.after, bar.compare, theme, keys);
}

/** The step that is shown beside the one before it, or the first. */
function compareSteps() {
  if (!(app.page instanceof RunPage)) return;
  const { stops, index } = app.page.look;
  if (!stops || stops.length < 2) return;
  const other = stops[index > 0 ? index - 1 : 1];
  const key = app.address.run ?? ".";
  const said = { ...app.address, run: app.address.run, with: key, step: other.step, step2: stops[index].isNewest ? undefined : stops[index].step };
  location.hash = new URLSearchParams(Object.entries(said).filter(([, value]) => value !== undefined && value !== null)).toString();
}

function toggleTheme() {
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
  document.documentElement.dataset.theme = isDark ? "light" : "dark";
  remember("theme", document.documentElement.dataset.theme);
}

function toggleHelp() {
  if (help.open) return help.close();
  const rows = KEYS.map(([key, words]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, words)]);
  help.replaceChildren(el("h2", {}, "Keys"), el("dl", {}, ...rows.flat()), el("p", {}, FILTERS), button("close", "Esc", () => help.close()));
  help.showModal();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return event.key === "?" && help.open ? help.close() : undefined;
  const isTyping = event.target.matches('input:not([type="range"]):not([type="checkbox"]), select');
  if (isTyping) return event.key === "Escape" ? event.target.blur() : undefined;
  const isSlider = event.target.matches('input[type="range"]') && /^(Arrow|Page|Home|End)/.test(event.key);
  const isPressed = event.key === " " && event.target.matches("button, a, input");
  if (isSlider || isPressed) return;
  if (pageKey(event.key) || app.page.key?.(event.key)) event.preventDefault();
}

function pageKey(key) {
  if (key === "?") toggleHelp();
  else if (key === "t") toggleTheme();
  else if (key === "c") compareSteps();
  else if (key === "Escape" && !bar.back.hidden) bar.back.click();
  else if (key === "[" && !bar.before.hidden) bar.before.click();
  else if (key === "]" && !bar.after.hidden) bar.after.click();
  else if (key === "/" && app.page === app.runs) app.runs.filter.focus();
  else return false;
  return true;
}

function begin() {
  const theme = remembered("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname + location.hash);
  makeBar();
  stream.start();
  route();
  addEventListener("hashchange", () => {
    if (app.page === app.runs && app.runs) app.scrolled = app.runs.scroll.scrollTop;
    route();
  });
  addEventListener("keydown", onKey);
  WIDE.addEventListener("change", () => app.page.update?.());
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    app.page.tick?.();
    drawBar();
  }, 1000);
}

begin();
