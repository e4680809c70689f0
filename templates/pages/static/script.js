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
  let running = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start([...input.files]);
  });

  let depth = 0;
  const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth++;
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (hasFiles(event) && --depth <= 0) stopDropping();
  });
  document.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    stopDropping();
    start([...event.dataTransfer.files]);
  });
  function stopDropping() {
    depth = 0;
    document.body.classList.remove("dropping");
  }
  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });

  async function start(files) {
    if (running || files.length === 0) return;
    running = true;
    box.hidden = false;
    box.replaceChildren();
    const list = box.appendChild(document.createElement("ul"));
    const rows = files.map((file) => addRow(list, file));
    let done = 0, failed = 0, renamed = false;
    for (const [i, file] of files.entries()) {
      try {
        const answer = await send(form, file, rows[i]);
        done++;
        renamed = renamed || answer.renamed;
        rows[i].say(answer.renamed ? "încărcat ca „" + answer.uploaded[0] + "”" : "încărcat");
      } catch (error) {
        failed++;
        rows[i].fail(error.message);
      }
    }
    running = false;
    if (failed === 0) {
      location.assign(form.dataset.back + (renamed ? "?ok=redenumit" : "?ok=incarcat&n=" + done));
      return;
    }
    input.value = "";
    const again = box.appendChild(document.createElement("p"));
    const link = again.appendChild(document.createElement("a"));
    link.href = form.dataset.back;
    link.textContent = "Reîncarcă lista";
  }
}

function addRow(list, file) {
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
    step(part) { bar.value = Math.round(part * 100); state.textContent = bar.value + "%"; },
    say(text) { state.textContent = text; bar.remove(); },
    fail(text) { state.textContent = text; state.className = "failed"; bar.remove(); },
  };
}

function send(form, file, row) {
  return new Promise((resolve, reject) => {
    const data = new FormData();
    data.append("csrf", form.elements.csrf.value);
    const replace = form.elements.inlocuieste;
    if (replace && replace.checked) data.append("inlocuieste", "1");
    data.append("fisier", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) row.step(event.loaded / event.total);
    });
    request.addEventListener("error", () => reject(new Error("Conexiunea s-a întrerupt. Încercați din nou.")));
    request.addEventListener("load", () => {
      if (request.status === 200 && request.response) resolve(request.response);
      else reject(new Error((request.response && request.response.error) || "Încărcarea nu a reușit. Încercați din nou."));
    });
    request.send(data);
  });
}
