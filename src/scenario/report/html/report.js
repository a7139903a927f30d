"use strict";

// The page is whole without this: it filters, opens, copies and moves. Texts are read from the page and never written as markup.

document.documentElement.classList.add("has-script");

const workflows = Array.from(document.querySelectorAll(".workflow"));
const search = document.getElementById("search");
const failing = document.getElementById("failing");
const matching = document.getElementById("matching");
const texts = new Map();

function textOf(workflow) {
  // Read once, when first asked for: a large report has megabytes of it.
  if (!texts.has(workflow)) texts.set(workflow, workflow.textContent.toLowerCase());
  return texts.get(workflow);
}

function shown() {
  return workflows.filter((workflow) => !workflow.hidden);
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const workflow of workflows) {
    const wanted = !failing.checked || workflow.dataset.failed === "true";
    workflow.hidden = !(wanted && words.every((word) => textOf(workflow).includes(word)));
  }
  const filtered = words.length > 0 || failing.checked;
  matching.textContent = filtered ? `${shown().length} of ${workflows.length} shown` : "";
}

function openAll(open) {
  for (const workflow of shown()) {
    workflow.open = open;
    // Steps that tell nothing stay closed: only closing reaches into a workflow.
    if (!open) continue;
    for (const step of workflow.querySelectorAll(".step.failed")) step.open = true;
  }
}

function move(by) {
  const list = shown();
  if (list.length === 0) return;
  const at = list.findIndex((workflow) => workflow.contains(document.activeElement));
  const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by))];
  next.querySelector("summary").focus();
  next.scrollIntoView({ block: "start" });
}

function say(text) {
  document.getElementById("said").textContent = text;
}

async function copy(button) {
  const block = button.closest("figure").querySelector("pre");
  let copied = false;
  try {
    await navigator.clipboard.writeText(block.textContent);
    copied = true;
  } catch {
    // A page opened from a file may have no clipboard: the old way, by selecting, still works there.
    const selection = window.getSelection();
    selection.selectAllChildren(block);
    copied = document.execCommand("copy");
    if (copied) selection.removeAllRanges();
  }
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
  say(copied ? "Copied" : "The command is selected");
  setTimeout(() => { button.textContent = "Copy"; }, 1600);
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.hidden) {
    search.value = "";
    failing.checked = false;
    filter();
  }
  for (let element = target; element; element = element.parentElement) {
    if (element.tagName === "DETAILS") element.open = true;
  }
  target.scrollIntoView();
}

function onKey(event) {
  const typing = event.target instanceof HTMLInputElement && event.target.type === "search";
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing) {
    if (event.key === "Escape") {
      search.value = "";
      filter();
      search.blur();
    }
    return;
  }
  const keys = {
    "/": () => search.focus(),
    f: () => { failing.checked = !failing.checked; filter(); },
    j: () => move(1),
    k: () => move(-1),
  };
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}

if (search) {
  search.addEventListener("input", filter);
  failing.addEventListener("change", filter);
  search.form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open").addEventListener("click", () => openAll(true));
  document.getElementById("close").addEventListener("click", () => openAll(false));
  document.addEventListener("keydown", onKey);
  // Browsers keep what was typed over a reload.
  filter();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
});

window.addEventListener("hashchange", openTarget);
openTarget();

// Paper cannot be unfolded: the failures and the coverage are printed open.
window.addEventListener("beforeprint", () => {
  for (const element of document.querySelectorAll(".workflow.failed, .workflow.unreachable, .matrix")) element.open = true;
});
