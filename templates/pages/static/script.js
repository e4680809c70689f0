// Everything on these pages works without this script. It adds uploading by
// drag and drop, with progress, and asks before deleting for good.
"use strict";

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}

const uploadForm = document.querySelector("form[data-upload]");
if (uploadForm) enhanceUpload(uploadForm);

function enhanceUpload(form) {
  const input = form.querySelector("input[type=file]");
  const box = document.getElementById("progres");
  form.querySelector(".drophint").hidden = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add([...input.files]);
    input.value = "";
  });

  const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("dropping"); // it left the window
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.remove("dropping");
    add([...event.dataTransfer.files]);
  });
  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });

  let running = false;
  let waiting = []; // files with their rows
  let list, told;

  // add queues files; more can come while others are being uploaded.
  function add(files) {
    if (files.length === 0) return;
    if (!running) {
      box.hidden = false;
      box.replaceChildren();
      list = box.appendChild(document.createElement("ul"));
      // Screen readers are told how each file ended, not every percent.
      told = box.appendChild(document.createElement("p"));
      told.className = "visually-hidden";
      told.setAttribute("role", "status");
    }
    for (const file of files) waiting.push({ file, row: addRow(list, file, told) });
    if (!running) upload();
  }

  async function upload() {
    running = true;
    let done = 0, failed = 0, renamed = false;
    while (waiting.length > 0) {
      const { file, row } = waiting.shift();
      try {
        const answer = await send(form, file, row);
        done++;
        renamed = renamed || answer.renamed;
        row.say(answer.renamed ? "încărcat ca „" + answer.uploaded[0] + "”" : "încărcat");
      } catch (error) {
        failed++;
        row.fail(error.message);
      }
    }
    running = false;
    if (failed === 0) {
      location.assign(form.dataset.back + (renamed ? "?ok=redenumit" : "?ok=incarcat&n=" + done));
      return;
    }
    const again = box.appendChild(document.createElement("p"));
    const link = again.appendChild(document.createElement("a"));
    link.href = form.dataset.back;
    link.textContent = "Reîncarcă lista";
  }
}

function addRow(list, file, told) {
  const item = list.appendChild(document.createElement("li"));
  const name = item.appendChild(document.createElement("span"));
  name.textContent = file.name;
  const state = item.appendChild(document.createElement("span"));
  state.textContent = "așteaptă";
  const bar = item.appendChild(document.createElement("progress"));
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", "Încărcarea fișierului " + file.name);
  return {
    wait() { state.textContent = "conexiune întreruptă, se reia…"; },
    step(part) { bar.value = Math.round(part * 100); state.textContent = bar.value + "%"; },
    say(text) { state.textContent = text; bar.remove(); told.textContent = file.name + ": " + text; },
    fail(text) { state.className = "failed"; this.say(text); },
  };
}

// Files larger than this are sent in parts, so that a connection that breaks
// costs one part and not the whole file.
const partSize = 8 * 1024 * 1024;
const triesInARow = 6;

async function send(form, file, row) {
  if (file.size <= partSize) return sendWhole(form, file, row);
  const folder = form.action.split("?")[0];
  const data = new URLSearchParams({ nume: file.name, marime: file.size, modificat: file.lastModified });
  const replace = form.elements.inlocuieste;
  if (replace && replace.checked) data.set("inlocuieste", "1");
  const begin = () => request(folder + "?do=begin", data, form, () => {});
  let upload = await begin();
  for (let offset = upload.offset, failures = 0; ;) {
    const part = file.slice(offset, offset + partSize);
    try {
      const answer = await request(folder + "?do=part&id=" + upload.id + "&offset=" + offset, part, form,
        (loaded) => row.step((offset + loaded) / file.size));
      if (answer.uploaded) return answer;
      offset = answer.offset;
      failures = 0;
    } catch (error) {
      if (!error.broken || ++failures > triesInARow) throw error;
      row.wait();
      await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** (failures - 1)));
      try {
        upload = await begin();
        offset = upload.offset;
      } catch (again) {
        if (!again.broken) throw again;
      }
    }
  }
}

function sendWhole(form, file, row) {
  const data = new FormData();
  data.append("csrf", form.elements.csrf.value);
  const replace = form.elements.inlocuieste;
  if (replace && replace.checked) data.append("inlocuieste", "1");
  data.append("fisier", file, file.name);
  return request(form.action, data, form, (loaded, total) => row.step(loaded / total));
}

// request posts something and returns the answer; error.broken says that it is
// worth trying again.
function request(address, body, form, progress) {
  return new Promise((resolve, reject) => {
    const r = new XMLHttpRequest();
    r.open("POST", address);
    r.setRequestHeader("Accept", "application/json");
    r.setRequestHeader("X-CSRF", form.elements.csrf.value);
    r.responseType = "json";
    r.upload.addEventListener("progress", (event) => progress(event.loaded, event.total || 1));
    r.addEventListener("error", () => {
      const error = new Error("Conexiunea s-a întrerupt. Încercați din nou.");
      error.broken = true;
      reject(error);
    });
    r.addEventListener("load", () => {
      if (r.status === 200 && r.response) {
        resolve(r.response);
        return;
      }
      const error = new Error((r.response && r.response.error) || "Încărcarea nu a reușit. Încercați din nou.");
      error.broken = r.status === 502 || r.status === 503 || r.status === 504;
      reject(error);
    });
    r.send(body);
  });
}
