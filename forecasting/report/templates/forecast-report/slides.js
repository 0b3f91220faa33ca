// Slides stand one below the other; this shows one at a time, fitted to the window, and turns them.
const main = document.querySelector("main");
const [shown] = document.querySelectorAll("footer output");
const sources = [...main.children];
const SCALES = [1, 0.92, 0.84, 0.76, 0.7];
const SMALLEST = [0.6, 0.5, 0.4];
const TOGETHER = 1200; // milliseconds within which digits are one number
let slides = [];
let now = 0;
let typed = "";
let typedAt = 0;

const fits = (slide) => slide.scrollHeight <= slide.clientHeight;

const scaled = (slide, scales) => scales.some((scale) => {
  slide.style.fontSize = `${scale}rem`;
  return fits(slide);
});

// Take from the end of a node what does not fit; of a table its last rows, under the same heads.
function cut(node, slide) {
  const rest = node.cloneNode(node.matches("table"));
  rest.removeAttribute("id");
  if (node.matches("table")) {
    const rows = [...node.tBodies[0].rows];
    let kept = rows.length;
    while (kept > 1 && !fits(slide)) rows[--kept].remove();
    for (let row = 0; row < kept; row += 1) rest.tBodies[0].deleteRow(0);
    return kept < rows.length ? rest : null;
  }
  const first = node === slide ? 2 : 1; // the title stays
  while (!fits(slide) && node.children.length > first) rest.prepend(node.lastElementChild);
  const last = node.lastElementChild;
  const inner = !fits(slide) && last && !last.matches("p, h2, h3, figure, summary, td");
  const over = inner ? cut(last, slide) : null;
  if (over) rest.prepend(over);
  return rest.hasChildNodes() ? rest : null;
}

// Smaller letters first; then a second slide for what is left over.
function fitted(slide) {
  if (scaled(slide, SCALES)) return;
  slide.style.fontSize = `${SCALES[1]}rem`;
  const rest = slide.querySelector(".live") ? null : cut(slide, slide);
  if (rest) {
    rest.prepend(slide.querySelector("h2")?.cloneNode(true) ?? "");
    slide.after(rest);
    if (!fits(slide)) scaled(slide, SMALLEST);
    fitted(rest);
  } else if (!scaled(slide, SMALLEST)) zoomed(slide);
}

// An explorer, or one thing that cannot be cut, is made smaller as a whole.
function zoomed(slide) {
  slide.style.fontSize = "";
  const room = [...slide.children].find((one) => one.matches(".live, pre, div")) ?? slide;
  for (let zoom = 0.95; zoom > 0.25 && !fits(slide); zoom -= 0.05) room.style.zoom = zoom;
}

function lay() {
  // An explorer is alive and stays itself.
  main.replaceChildren(...sources.map((one) => (
    one.querySelector(".live") ? one : one.cloneNode(true))));
  for (const slide of main.children) {
    slide.hidden = false;
    slide.querySelectorAll(".live").forEach((one) => { one.style.zoom = ""; });
  }
  [...main.children].forEach(fitted);
  slides = [...main.children];
  show(now);
}

function show(number) {
  now = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, i) => { slide.hidden = i !== now; });
  shown.textContent = `${now + 1} / ${slides.length}`;
  if (location.hash !== `#${now + 1}`) location.replace(`#${now + 1}`);
}

const toAddress = () => {
  const number = Number(location.hash.slice(1));
  if (number >= 1) show(number - 1);
};

const KEYS = {
  ArrowRight: 1, ArrowDown: 1, PageDown: 1, Enter: 1,
  ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Backspace: -1,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const onButton = event.target.closest("button, summary, a");
  if (event.key === " " && !onButton) show(now + (event.shiftKey ? -1 : 1));
  else if (event.key in KEYS && !(event.key === "Enter" && onButton)) show(now + KEYS[event.key]);
  else if (event.key === "Home") show(0);
  else if (event.key === "End") show(slides.length - 1);
  else if (/^\d$/.test(event.key)) {
    typed = event.timeStamp - typedAt < TOGETHER ? typed + event.key : event.key;
    typedAt = event.timeStamp;
    if (Number(typed) > slides.length) typed = event.key;
    if (Number(typed) >= 1) show(Number(typed) - 1);
  } else return;
  event.preventDefault();
});

document.querySelectorAll("footer button").forEach((button, i) => {
  button.addEventListener("click", () => show(now + (i ? 1 : -1)));
});
window.addEventListener("hashchange", toAddress);
window.addEventListener("resize", lay);
document.body.classList.add("turning");
lay();
toAddress();
