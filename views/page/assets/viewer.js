"use strict";
// One figure, large and sharp: fit to its place, or zoomed as far as its pixels.

const WIDE = matchMedia("(min-width: 900px)");
const MOST_ZOOM = 32;

class Viewer {
  /** @param {(viewer: Viewer) => void} moved Told after each zoom and pan by the person, as for a second viewer. */
  constructor(label, moved = () => {}) {
    this.moved = moved;
    this.label = label;
    this.image = this.made();
    this.note = el("p", { class: "empty" });
    this.box = el("div", { class: "stage", tabindex: "0", role: "group", "aria-label": label }, this.image, this.note);
    Object.assign(this, { natural: null, view: null, wanted: null, loading: null, shown: null, isThumb: false });
    this.pointers = new Map();
    new ResizeObserver(() => this.place()).observe(this.box);
    this.listen();
  }

  made() {
    return el("img", { alt: this.label, draggable: "false" });
  }

  /** Show this picture as soon as it is loaded. Loads never queue: the newest wanted follows the one under way. */
  show(url, then = () => {}) {
    if (url === this.shown && !this.isThumb) return void (this.wanted = null);
    this.wanted = { url, then };
    if (!this.loading) this.next();
  }

  next() {
    const { url, then } = (this.loading = this.wanted);
    const image = this.made();
    const end = (isThere) => {
      const isWanted = this.wanted !== null; // not if a thumbnail was asked for meanwhile
      this.loading = null;
      if (isThere && isWanted) {
        this.image.replaceWith(image); // which is decoded already
        this.image = image;
        this.put(url, image.naturalWidth, image.naturalHeight, false);
      }
      if (this.wanted && this.wanted.url !== url) return this.next();
      this.wanted = null;
      then(isThere);
    };
    image.src = url;
    image.decode().then(() => end(true), () => end(false));
  }

  /** A thumbnail at once, in the place and size of its figure. */
  thumb(url, width, height) {
    this.wanted = null;
    const [w, h] = this.natural ?? [0, 0];
    const isLike = w > 0 && Math.abs((w * height) / (h * width) - 1) < 0.05;
    this.put(url, isLike ? w : 4 * width, isLike ? h : 4 * height, true);
  }

  put(url, width, height, isThumb) {
    const isOther = !this.natural || this.natural[0] !== width || this.natural[1] !== height;
    Object.assign(this, { natural: [width, height], shown: url, isThumb });
    if (isThumb) this.image.src = url;
    this.image.hidden = false;
    this.box.classList.remove("waiting");
    this.tell("");
    if (isOther) this.view = null;
    this.place();
  }

  /** Words in place of the figure; it goes only if `isEmpty`. */
  tell(text, isEmpty = false) {
    say(this.note, text);
    this.note.hidden = !text;
    if (!isEmpty) return;
    this.image.hidden = true;
    this.natural = this.shown = this.wanted = this.view = null;
    this.box.style.height = "";
  }

  get fit() {
    const [width, height] = this.natural;
    const across = this.box.clientWidth / width;
    return Math.min(1, WIDE.matches ? Math.min(across, this.box.clientHeight / height) : across);
  }

  get scale() {
    return this.view ? this.view.scale : this.fit;
  }

  place() {
    if (!this.natural) return;
    const [width, height] = this.natural;
    if (!WIDE.matches) this.box.style.height = `${Math.round(height * this.fit)}px`;
    else this.box.style.height = "";
    const scale = this.scale;
    const within = (offset, room, size) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, offset)));
    const x = within(this.view?.x ?? 0, this.box.clientWidth, width * scale);
    const y = within(this.view?.y ?? 0, this.box.clientHeight, height * scale);
    if (this.view) Object.assign(this.view, { x, y });
    this.image.style.width = `${width * scale}px`;
    this.image.style.height = `${height * scale}px`;
    this.image.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    this.image.classList.toggle("pixels", !this.isThumb && scale * devicePixelRatio > 1.01);
    this.box.classList.toggle("zoomed", this.view !== null);
  }

  /** Zoom to a scale, a point of the box staying where it is. */
  zoom(scale, x = this.box.clientWidth / 2, y = this.box.clientHeight / 2) {
    if (!this.natural) return;
    const old = this.scale;
    const place = new DOMMatrix(this.image.style.transform);
    const next = Math.min(scale, MOST_ZOOM / devicePixelRatio);
    const along = (offset, point) => point - ((point - offset) * next) / old;
    this.view = next <= this.fit * 1.001 ? null : { scale: next, x: along(place.e, x), y: along(place.f, y) };
    this.place();
    this.moved(this);
  }

  /** Between the whole figure and one pixel a pixel of the screen; twice that if the whole figure is at this size. */
  toggle(x, y) {
    if (!this.natural) return;
    const single = 1 / devicePixelRatio;
    this.zoom(this.view ? 0 : this.fit > 0.9 * single ? 2 * single : single, x, y);
  }

  pan(dx, dy) {
    if (!this.view) return;
    this.view.x += dx;
    this.view.y += dy;
    this.place();
    this.moved(this);
  }

  /** Look at the same part as another viewer. */
  follow(other) {
    this.view = other.view && { ...other.view };
    this.place();
  }

  listen() {
    const at = (event) => {
      const box = this.box.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.box.addEventListener("wheel", (event) => {
      if (!this.natural || !(event.ctrlKey || this.view || WIDE.matches)) return; // a phone's page scrolls
      event.preventDefault();
      this.zoom(this.scale * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), ...at(event));
    }, { passive: false });
    this.box.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.pointers.set(event.pointerId, at(event));
      this.dragged = this.pointers.size > 1 ? Infinity : 0;
      this.box.setPointerCapture(event.pointerId);
    });
    this.box.addEventListener("pointermove", (event) => {
      if (this.pointers.has(event.pointerId)) this.drag(event.pointerId, at(event));
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      this.box.addEventListener(kind, (event) => {
        const was = this.pointers.delete(event.pointerId);
        if (was && kind === "pointerup" && !this.pointers.size && this.dragged < 5) this.toggle(...at(event));
      });
    }
  }

  drag(id, [x, y]) {
    const [oldX, oldY] = this.pointers.get(id);
    const other = [...this.pointers].find(([each]) => each !== id)?.[1];
    this.pointers.set(id, [x, y]);
    this.dragged += Math.hypot(x - oldX, y - oldY);
    if (!other) return this.pan(x - oldX, y - oldY);
    const apart = (ax, ay) => Math.hypot(ax - other[0], ay - other[1]);
    const factor = apart(x, y) / Math.max(1, apart(oldX, oldY));
    this.zoom(this.scale * factor, (x + other[0]) / 2, (y + other[1]) / 2);
  }

  get percent() {
    return this.natural ? `${fixed(100 * this.scale * devicePixelRatio)} %` : "";
  }
}
