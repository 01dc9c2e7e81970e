"use strict";
// The steps of a run: a strip of thumbnails over its whole course, and a slider over each of them.

class Film {
  /** @param {(index: number) => void} pick A person chose this stop. */
  constructor(pick) {
    this.pick = pick;
    this.stops = [];
    this.strip = el("div", { class: "strip", "aria-hidden": "true" });
    this.slider = el("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Step" });
    this.slider.addEventListener("input", () => pick(Number(this.slider.value)));
    this.element = el("div", { class: "film" }, this.strip, this.slider);
    new ResizeObserver(() => this.draw()).observe(this.strip);
  }

  /** @param stops As of `Run.stops`. @param thumb Of a stop: an address, or null as long as it is not here. */
  update(stops, index, thumb, words, ratio) {
    Object.assign(this, { stops, index, thumb, ratio });
    this.element.hidden = stops.length < 2;
    this.slider.max = Math.max(0, stops.length - 1);
    this.slider.value = index;
    this.slider.setAttribute("aria-valuetext", words);
    this.draw();
  }

  draw() {
    this.strip.hidden = !this.stops.some((stop) => stop.film);
    if (this.strip.hidden || this.element.hidden || !this.strip.clientWidth) return;
    const height = this.strip.clientHeight;
    const room = Math.max(2, Math.round(this.strip.clientWidth / Math.max(24, height * this.ratio)));
    const count = Math.min(room, this.stops.length);
    while (this.strip.children.length > count) this.strip.lastChild.remove();
    while (this.strip.children.length < count) this.strip.append(this.cell());
    const last = this.stops.length - 1;
    const places = Array.from({ length: count }, (_, cell) => Math.round((cell * last) / Math.max(1, count - 1)));
    const near = places.reduce((best, place) => (this.off(place) < this.off(best) ? place : best), places[0]);
    places.forEach((place, cell) => this.fill(this.strip.children[cell], place, place === near));
  }

  off(place) {
    return Math.abs(place - this.index);
  }

  cell() {
    const made = el("button", { type: "button", tabindex: "-1" }, el("img", { alt: "", draggable: "false" }));
    made.addEventListener("click", () => this.pick(made.place));
    return made;
  }

  fill(cell, place, isNear) {
    cell.place = place;
    cell.classList.toggle("at", isNear);
    cell.style.maxWidth = `${1.25 * this.ratio * this.strip.clientHeight}px`;
    const url = this.thumb(this.nearest(place));
    const image = cell.firstChild;
    image.hidden = !url;
    if (url && image.src !== url) image.src = url;
  }

  /** The stop with a thumbnail that is nearest, so that no cell is empty beside full ones. */
  nearest(place) {
    for (let off = 0; off < this.stops.length; off += 1) {
      const found = [this.stops[place - off], this.stops[place + off]].find((stop) => stop?.film);
      if (found) return found;
    }
    return this.stops[place];
  }
}
