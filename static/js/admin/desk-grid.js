// The time grid: sessions are moved by keyboard and by drag, and saved together.
const grid = document.querySelector("[data-desk-grid]");
const STEP = 15 * 60_000; // a row of the grid
const SHORTEST = 5 * 60_000;
const HOUR = 60 * 60_000;

if (grid) {
  const { url, zone, token, day } = grid.dataset;
  const origin = grid.dataset.origin * 1000;
  const end = origin + grid.dataset.steps * STEP;
  const columns = [...grid.querySelectorAll("[data-room]")];
  const list = grid.querySelector("[data-blocks]");
  const tray = document.querySelector("[data-tray]");
  const bar = document.querySelector("[data-bar]");
  const status = document.querySelector("[data-say]");
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  const blocks = new Map(); // those that may be moved
  const all = []; // and the others
  let timer;
  let asked = 0;

  const step = () => document.querySelector("[name=step]:checked").value * 60_000;
  const pending = () => [...blocks.values()].filter((one) => one.now !== one.stored);
  const lasts = ({ starts, ends }) => (ends ?? starts + STEP) - starts;
  const time = ({ starts, ends }) => [starts, ends].filter((m) => m !== null).map((m) => clock.format(m)).join("–");
  const same = (a, b) => a && b && a.starts === b.starts && a.ends === b.ends && a.column === b.column;

  function say(words, block) {
    const place = block.now;
    status.textContent = place
      ? words.replace("{title}", block.title).replace("{time}", time(place)).replace("{room}", columns[place.column - 1].textContent)
      : words.replace(/\{title\}/, block.title).replace(/ *\{.*\}/, "");
    bar.hidden = false;
  }

  // Shows a block where it is now: on the grid, or on the tray if it has no place.
  function draw(block) {
    const { element, now } = block;
    element.classList.toggle("pending", now !== block.stored);
    if (!now) return tray.append(element);
    if (element.parentElement !== list) {
      const focused = element.contains(document.activeElement);
      list.append(element);
      if (focused) block.what.focus();
    }
    element.style.gridColumn = now.column + 1;
    element.style.gridRowStart = Math.floor((now.starts - origin) / STEP) + 2;
    element.style.gridRowEnd = Math.ceil((now.starts + lasts(now) - origin) / STEP) + 2;
    element.querySelector("[data-time]").textContent = time(now);
    element.querySelector("[data-where]").textContent = columns[now.column - 1].textContent;
  }

  // What overlaps in a room lies side by side.
  function lay() {
    const ends = new Map();
    const placed = [...all].filter(({ now }) => now).sort((a, b) => a.now.starts - b.now.starts);
    for (const { element, now } of placed) {
      const lanes = ends.get(now.column) || ends.set(now.column, []).get(now.column);
      const free = lanes.findIndex((last) => last <= now.starts);
      const lane = free < 0 ? lanes.length : free;
      lanes[lane] = now.starts + lasts(now);
      element.style.marginInlineStart = `${Math.min(lane, 3) * 25}%`;
    }
  }

  function move(block, place) {
    const length = place.ends === null ? STEP : place.ends - place.starts;
    if (length < SHORTEST || place.starts < origin || place.starts + length > end) return;
    if (place.column < 1 || place.column > columns.length) return;
    block.now = same(place, block.stored) ? block.stored : place;
    draw(block);
    lay();
    say(grid.dataset[block.now === block.stored ? "back" : "moved"], block);
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  }

  function takeBack(block) {
    block.now = block.stored;
    draw(block);
    lay();
    say(grid.dataset.back, block);
    check();
  }

  function payload() {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", token);
    for (const { key, now, stored, form } of pending()) {
      data.set(`${key}-was`, form.elements[`${key}-was`].value);
      data.set(`${key}-starts_at`, new Date(now.starts).toISOString());
      if (now.ends !== null) data.set(`${key}-ends_at`, new Date(now.ends).toISOString());
      if (now.column !== stored?.column) data.set(`${key}-room`, columns[now.column - 1].dataset.room);
      if (!stored) data.set(`${key}-day`, day);
    }
    return data;
  }

  async function send(data) {
    const answer = await fetch(url, { method: "POST", body: data, headers: { Accept: "application/json" } });
    return answer.json();
  }

  async function check() {
    const mine = ++asked;
    const data = payload();
    data.set("check", "1");
    try {
      const told = await send(data);
      if (mine === asked) show(told);
    } catch { /* The save will tell. */ }
  }

  async function save() {
    const sent = pending();
    if (!sent.length) return;
    clearTimeout(timer);
    asked += 1;
    try {
      const told = await send(payload());
      if (told.saved === null) {
        status.textContent = [...told.errors, grid.dataset.again].join(" ");
        return;
      }
      for (const block of sent) {
        block.stored = block.now;
        draw(block);
        // The form beside it says the same, if one writes exact times next.
        for (const [name, text] of Object.entries(told.was[block.key] || {})) {
          const field = block.form.elements[`${block.key}-${name}`];
          if (field) field.value = text;
        }
        block.form.elements[`${block.key}-was`].value = JSON.stringify(told.was[block.key]);
      }
      show(told);
      const found = sent.flatMap(({ key }) => told.clashing[key] || []);
      status.textContent = [grid.dataset.saved, ...new Set(found)].join(" ");
    } catch {
      status.textContent = grid.dataset.failed;
    }
  }

  function item(tag, words) {
    const made = document.createElement(tag);
    made.textContent = words;
    return made;
  }

  function show(told) {
    const all = document.querySelector("[data-clashes]");
    all.hidden = told.clashes.length === 0;
    all.querySelector("ul").replaceChildren(...told.clashes.map((words) => item("li", words)));
    for (const element of document.querySelectorAll("[data-block]")) {
      const found = told.clashing[element.dataset.block] || [];
      element.classList.toggle("clashing", found.length > 0);
      element.querySelector("[data-clash]").replaceChildren(...found.map((words) => item("span", words)));
    }
  }

  // From the tray a session comes to the first full hour of the first room.
  const first = () => ({ starts: Math.ceil(origin / HOUR) * HOUR, ends: Math.ceil(origin / HOUR) * HOUR + HOUR, column: Math.min(2, columns.length) });

  function onKey(event, block) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const now = block.now;
    const by = { ArrowUp: -step(), ArrowDown: step() }[event.key];
    const aside = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter") save();
    else if (event.key === "Escape") takeBack(block);
    else if ((by || aside) && !now) move(block, first());
    else if (by && event.shiftKey) move(block, { ...now, ends: now.starts + lasts(now) + by });
    else if (by) move(block, { ...now, starts: now.starts + by, ends: now.ends === null ? null : now.ends + by });
    else if (aside) move(block, { ...now, column: now.column + aside });
    else return;
    event.preventDefault();
  }

  function onDrag(event, block) {
    // A finger on a block scrolls the page; on its handle it moves the block.
    if (event.button || (event.pointerType !== "mouse" && !event.target.closest("[data-handle]"))) return;
    const from = block.now;
    const held = from ? event.clientY - block.element.getBoundingClientRect().top : 0;
    const begun = { x: event.clientX, y: event.clientY };
    const watch = new AbortController();
    let dragged = false;
    const follow = (moved) => {
      dragged ||= Math.hypot(moved.clientX - begun.x, moved.clientY - begun.y) > 4;
      if (!dragged) return;
      const rows = [...grid.querySelectorAll("[data-hour]")].map((hour) => hour.getBoundingClientRect().top);
      const pixels = (rows.length > 1 ? rows[1] - rows[0] : 96) / HOUR;
      const column = columns.findIndex((one) => {
        const { left, right } = one.getBoundingClientRect();
        return left <= moved.clientX && moved.clientX <= right;
      }) + 1;
      const late = (moved.clientY - held - rows[0]) / pixels;
      const starts = origin + Math.round(late / step()) * step();
      const place = from || first();
      const length = place.ends === null ? null : place.ends - place.starts;
      if (column) move(block, { starts, ends: length === null ? null : starts + length, column });
    };
    const stop = (last) => {
      watch.abort();
      if (last.type === "pointercancel" && dragged) {
        block.now = from;
        draw(block);
        lay();
      }
    };
    addEventListener("pointermove", follow, { signal: watch.signal });
    addEventListener("pointerup", stop, { signal: watch.signal });
    addEventListener("pointercancel", stop, { signal: watch.signal });
  }

  for (const element of document.querySelectorAll("[data-block]")) {
    const form = element.querySelector("form");
    const { block: key, starts, ends, column } = element.dataset;
    const stored = starts ? { starts: starts * 1000, ends: ends ? ends * 1000 : null, column: Number(column) } : null;
    const what = element.querySelector("[data-what]");
    const title = element.querySelector("[data-title]").textContent;
    const block = { key, element, form, what, title, stored, now: stored };
    all.push(block);
    if (!form) continue;
    blocks.set(key, block);
    what.tabIndex = 0;
    what.setAttribute("role", "button");
    what.setAttribute("aria-describedby", "desk-keys");
    what.addEventListener("keydown", (event) => onKey(event, block));
    what.addEventListener("pointerdown", (event) => onDrag(event, block));
    what.addEventListener("dragstart", (event) => event.preventDefault());
  }
  document.querySelector("[data-keys]").hidden = false;
  document.querySelector("[data-steps-of]").hidden = false;
  document.querySelector("[data-save]").addEventListener("click", save);
  document.querySelector("[data-take-back]").addEventListener("click", () => pending().forEach(takeBack));
  addEventListener("beforeunload", (event) => {
    if (pending().length) event.preventDefault();
  });
}
