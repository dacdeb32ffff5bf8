// Comfort for people with a keyboard and a mouse. Everything works without it; what it does is
// asked for by data attributes in the pages, and it writes text, never HTML.

const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const said = $("#said");

function say(text) {
  if (said) said.textContent = text;
}

// -- Copying: [data-copy] has the text.

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    say(said?.dataset.copied ?? "");
    if (button) {
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 1200);
    }
  } catch {
    say(said?.dataset.notCopied ?? "");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button.dataset.copy, button);
});

// -- Rows: j k Enter x c over [data-row]; the link that Enter follows is [data-open], or the first.

const rows = () => all("[data-rows] [data-row]").filter((row) => row.offsetParent !== null);
let place = -1;

function step(by) {
  const found = rows();
  if (!found.length) return;
  place = Math.max(0, Math.min(found.length - 1, place + by));
  found.forEach((row, index) => row.classList.toggle("current", index === place));
  const link = $("a[data-open]", found[place]) ?? $("a[href]", found[place]);
  (link ?? found[place]).focus({ preventScroll: true });
  found[place].scrollIntoView({ block: "nearest" });
}

const current = () => rows()[place];

// -- Selection: [data-select] in rows, [data-select-all], and what shows how many: [data-selected].

function count() {
  const boxes = all("[data-select]");
  const chosen = boxes.filter((box) => box.checked).length;
  for (const part of all("[data-selected]")) part.textContent = String(chosen);
  for (const part of all("[data-when-selected]")) part.toggleAttribute("data-none", !chosen);
  const whole = $("[data-select-all]");
  if (whole) {
    whole.checked = chosen > 0 && chosen === boxes.length;
    whole.indeterminate = chosen > 0 && chosen < boxes.length;
  }
}

let lastBox = null;
document.addEventListener("click", (event) => {
  const box = event.target;
  if (box.matches?.("[data-select-all]")) {
    for (const each of all("[data-select]")) each.checked = box.checked;
  } else if (box.matches?.("[data-select]")) {
    const boxes = all("[data-select]");
    if (event.shiftKey && lastBox) {
      const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
    }
    lastBox = box;
  } else return;
  count();
});

// -- Brushing: svg[data-brush] has bars [data-from][data-to]; its value is the address to go to,
//    with FROM and TO in it.

for (const chart of all("svg[data-brush]")) {
  const bars = all("[data-from]", chart);
  let start = -1;
  const barAt = (event) => {
    const matrix = chart.getScreenCTM();
    if (!matrix) return -1;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse()).x;
    const index = bars.findLastIndex((bar) => Number(bar.dataset.x) <= at);
    return Math.max(0, index);
  };
  const show = (one, other) => {
    const [from, to] = [Math.min(one, other), Math.max(one, other)];
    bars.forEach((bar, index) => bar.classList.toggle("brushed", index >= from && index <= to));
  };
  chart.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !bars.length) return;
    start = barAt(event);
  });
  chart.addEventListener("pointermove", (event) => {
    // The button may have been let go outside.
    if (!event.buttons) start = -1;
    if (start < 0) return;
    const end = barAt(event);
    if (end !== start && !chart.hasPointerCapture(event.pointerId)) {
      chart.setPointerCapture(event.pointerId);
    }
    show(start, end);
  });
  chart.addEventListener("pointerup", (event) => {
    const [one, other] = [start, barAt(event)];
    start = -1;
    if (one < 0 || one === other) {
      show(-1, -1);
      return;
    }
    const [from, to] = [bars[Math.min(one, other)], bars[Math.max(one, other)]];
    location.assign(
      chart.dataset.brush.replace("FROM", from.dataset.from).replace("TO", to.dataset.to),
    );
  });
  chart.addEventListener("pointercancel", () => {
    start = -1;
    show(-1, -1);
  });
  chart.addEventListener("dragstart", (event) => event.preventDefault());
}

// -- A pasted column of values: a field of one line would lose the ends of the lines, and of a long
//    one all but its beginning.

document.addEventListener("paste", (event) => {
  const field = event.target;
  const text = event.clipboardData?.getData("text/plain").trim() ?? "";
  if (!field.matches?.("input[data-search]")) return;
  const line = text.split(/\s*[\r\n]+\s*/).join(", ");
  const [from, to] = [field.selectionStart, field.selectionEnd];
  const isLong = field.value.length - (to - from) + line.length > field.maxLength;
  if (line === text && !isLong) return;
  event.preventDefault();
  if (!isLong) {
    field.setRangeText(line, from, to, "end");
    return;
  }
  field.setCustomValidity(said?.dataset.tooLong ?? "");
  field.reportValidity();
  for (const name of ["keydown", "blur"]) {
    field.addEventListener(name, () => field.setCustomValidity(""), { once: true });
  }
});

// -- Files dropped on a text: [data-drop] is the text area.

for (const area of all("textarea[data-drop]")) {
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", async (event) => {
    area.classList.remove("over");
    const files = event.dataTransfer?.files;
    if (!files?.length) return;
    event.preventDefault();
    const field = area.form.querySelector("input[type=file]");
    const text = await files[0].text();
    if (field && (/\.(pdf|html?|eml|zip)$/i.test(files[0].name) || /[\0\ufffd]/.test(text))) {
      // No text that could be edited: it is sent as a file.
      field.files = files;
      field.focus();
      return;
    }
    area.value = text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// -- A form is sent once: the button waits for the answer. [data-again]: it changes nothing, and is
//    answered by files.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "again" in form.dataset) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
addEventListener("pageshow", (event) => {
  for (const form of all("form[data-sent]")) delete form.dataset.sent;
  // What the browser kept of a page may belong to somebody who has logged out.
  if (event.persisted && document.body.hasAttribute("data-logged-in")) location.reload();
  // Whoever comes back finds the ticks that were set.
  count();
});

// -- Keys.

const GO = { o: "/", s: "/search", l: "/lookup", n: "/submit", t: "/techniques", c: "/collections", p: "/partners" };
let prefix = "";

const keys = {
  "/": () => $("[data-search]")?.focus(),
  "?": () => $("#keys")?.showModal(),
  j: () => step(1),
  k: () => step(-1),
  x: () => $("[data-select]", current() ?? document.createElement("i"))?.click(),
  c: () => {
    const button = current() && $("[data-copy]", current());
    if (button) copy(button.dataset.copy, button);
  },
  h: () => $("[data-help]")?.click(),
  g: () => {
    prefix = "g";
    setTimeout(() => { prefix = ""; }, 1500);
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]")) {
    if (event.key === "Escape" && event.target.matches("input, textarea")) event.target.blur();
    return;
  }
  if (!document.body.hasAttribute("data-logged-in")) return;
  if (prefix === "g" && GO[event.key]) {
    prefix = "";
    event.preventDefault();
    location.assign(GO[event.key]);
    return;
  }
  const action = keys[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});

// -- Menus close when something else is clicked, and with Escape.

document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of all("details.menu[open]")) {
    menu.open = false;
    $("summary", menu)?.focus();
  }
});

count();
