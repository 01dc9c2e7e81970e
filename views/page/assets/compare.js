"use strict";
// Two steps, or two runs, side by side or in turns in one place, zoomed and moved together.

const BLINK = 700; // ms
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

class Compare {
  /** @param runs Two `{folder}` or functions that open a `Run`. @param ats Two `{figure, step}`. */
  constructor(opens, ats, moved) {
    Object.assign(this, { ats, moved, isBlinking: false, front: 0, timer: null });
    this.runs = opens.map((open) => open(() => this.update()));
    this.looks = this.runs.map((run, n) => new Look(run, ats[n], moved, { zoomed: (viewer) => this.together(viewer), limits: () => this.limits() }));
    this.names = this.runs.map(() => el("h2"));
    const side = (look, n) => el("section", { class: "side", "aria-label": "AB"[n] }, this.names[n], look.element);
    this.sides = this.looks.map(side);
    this.blinkButton = button("blink", "In turns in one place (b)", () => this.blink());
    this.swapButton = button("swap", "The other one in front (space)", () => this.swap());
    this.where = el("span", { role: "status" });
    this.element = el("div", { class: "compare-page" }, el("div", { class: "tools" }, this.blinkButton, this.swapButton, this.where),
      el("div", { class: "sides" }, ...this.sides));
    this.arrange();
  }

  get run() {
    return this.runs[0];
  }

  close() {
    clearInterval(this.timer);
    for (const run of this.runs) run.close();
  }

  get title() {
    return "comparison · " + this.runs.map((run) => (run.value ? printable(run.value.run.run, 40) : "…")).join(", ");
  }

  /** The snapshot whose axes and colour limits both have: that of the second one. A server alone can draw so. */
  limits() {
    const [, look] = this.looks ?? [];
    const stop = look?.stop;
    if (!look?.run.id || !stop) return null;
    const step = stop.isNewest && stop.step === null ? "newest" : stop.epoch === null ? stop.step : `${stop.epoch}-${stop.step}`;
    return `${look.run.id}:${step}`;
  }

  update() {
    if (!this.looks) return;
    const figure = this.ats[0].figure;
    this.ats[1].figure = figure;
    for (const n of [1, 0]) {
      const { value } = this.runs[n];
      this.looks[n].update();
      const lost = this.runs[n].source.error;
      say(this.names[n], value ? `${"AB"[n]}  ${printable(value.run.run, 80)}` : lost ? `The data ${lost.message}.` : "Loading …");
    }
    const how = this.runs.every((run) => run.id) ? "the same colour limits" : "each with its own colour limits";
    say(this.where, this.isBlinking ? `${"AB"[this.front]} in front, ${how}` : how);
    this.onupdate?.();
  }

  tick() {}

  together(viewer) {
    for (const look of this.looks ?? []) if (look.viewer !== viewer) look.viewer.follow(viewer), look.caption();
  }

  blink() {
    this.isBlinking = !this.isBlinking;
    clearInterval(this.timer);
    if (this.isBlinking && !STILL.matches) this.timer = setInterval(() => this.swap(), BLINK);
    this.arrange();
  }

  swap() {
    this.front = 1 - this.front;
    this.arrange();
  }

  arrange() {
    this.element.classList.toggle("blinking", this.isBlinking);
    this.blinkButton.setAttribute("aria-pressed", String(this.isBlinking));
    this.swapButton.hidden = !this.isBlinking;
    this.sides.forEach((side, n) => side.classList.toggle("front", n === this.front));
    this.update();
  }

  key(key) {
    if (key === "b") this.blink();
    else if (key === " " && this.isBlinking) this.swap();
    else if (key === "z" || key === "+" || key === "-" || key === "=") return this.looks[this.front].key(key);
    else return this.looks[this.focused].key(key);
    return true;
  }

  /** The side that the keyboard steps: where the focus is, else the first one. */
  get focused() {
    return this.sides[1].contains(document.activeElement) ? 1 : 0;
  }
}
