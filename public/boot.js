// Loads the program with a progress bar that tells the truth, starts it, and
// says plainly what happened when it cannot start or stops.
//
// window.cipherglass is the page's surface for tests and for the program:
//   .state    "loading", "running", "crashed" or "failed"
//   .timings  one entry per repaint: {kind, ms, at, run_ms} (see playground/ui)
//   .crash(m) shows the crash screen
'use strict';
(() => {
  const app = document.getElementById('app');
  const bar = document.getElementById('boot-progress');
  const status = document.getElementById('boot-status');
  const page = window.cipherglass = { state: 'loading', timings: [], crash };

  try {
    const theme = localStorage.getItem('cipherglass.theme');
    if (theme) document.documentElement.dataset.theme = theme;
  } catch { /* storage is closed to us, as in a sandboxed frame */ }

  function fail(text) {
    page.state = 'failed';
    bar.hidden = true;
    status.className = 'boot-error';
    status.setAttribute('role', 'alert');
    status.textContent = text;
  }

  function crash(detail) {
    if (page.state === 'crashed') return;
    page.state = 'crashed';
    document.getElementById('crash-text').textContent =
      'The program met a fault of its own and ended. Your scenario is in the address bar and is kept.';
    const pre = document.getElementById('crash-detail');
    pre.hidden = !detail;
    pre.textContent = detail || '';
    app.inert = true;
    document.getElementById('crash').hidden = false;
    document.getElementById('crash-reload').focus();
  }

  document.getElementById('crash-reload').addEventListener('click', () => location.reload());
  document.getElementById('crash-fresh').addEventListener('click', () => {
    try { localStorage.removeItem('cipherglass.scenario'); } catch { /* closed */ }
    history.replaceState(null, '', location.pathname + location.search);
    location.reload();
  });

  // What Go prints to its standard error before it ends says why.
  const lines = [];
  const error = console.error.bind(console);
  const log = console.log.bind(console);
  function remember(print) {
    return (...args) => {
      lines.push(args.join(' '));
      if (lines.length > 40) lines.shift();
      print(...args);
    };
  }

  // counted passes the response on and counts decoded bytes, because
  // Content-Length is the size on the wire, compressed.
  function counted(response, size) {
    if (!response.body) return response;
    let got = 0;
    const counter = new TransformStream({
      transform(chunk, out) {
        got += chunk.byteLength;
        if (size > 0) bar.value = Math.min(1000, Math.round(1000 * got / size));
        status.textContent = size > 0
          ? `Loading the protocol engines: ${(got / 1e6).toFixed(1)} of ${(size / 1e6).toFixed(1)} MB`
          : `Loading the protocol engines: ${(got / 1e6).toFixed(1)} MB`;
        out.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(counter), {
      headers: { 'Content-Type': 'application/wasm' }, // some hosts say otherwise
    });
  }

  async function load(go) {
    const size = Number(app.dataset.size) || 0;
    let response;
    try {
      response = await fetch(app.dataset.wasm);
    } catch (e) {
      throw new Error(`The program could not be fetched (${e.message}). Check your connection and reload.`);
    }
    if (!response.ok) {
      throw new Error(`The program could not be fetched: the server answered ${response.status} ${response.statusText}.`);
    }
    try {
      return await WebAssembly.instantiateStreaming(counted(response, size), go.importObject);
    } catch (e) {
      if (e instanceof WebAssembly.CompileError) {
        throw new Error(`What the server sent as the program is not WebAssembly, or is cut short (${e.message}).`);
      }
      // A browser without streaming, or one that refuses this stream: once more, whole.
      const whole = await fetch(app.dataset.wasm);
      return WebAssembly.instantiate(await whole.arrayBuffer(), go.importObject);
    }
  }

  async function start() {
    if (location.protocol === 'file:') {
      return fail('Browsers do not let a page opened from a file fetch its program. Serve this folder (for example with “go run .”) and open its http address.');
    }
    if (typeof WebAssembly !== 'object') {
      return fail('This browser has no WebAssembly, or it is switched off here. Cipherglass runs the protocols inside the page and cannot do without it.');
    }
    if (typeof Go !== 'function') {
      return fail('The Go support script (wasm_exec.js) did not load. Reload the page; if that does not help, the site was not deployed completely.');
    }
    const go = new Go();
    let loaded;
    try {
      loaded = await load(go);
    } catch (e) {
      return fail(e.message);
    }
    status.textContent = 'Starting…';
    page.state = 'running';
    console.error = remember(error);
    console.log = remember(log);
    try {
      await go.run(loaded.instance);
      crash(lines.join('\n')); // the program never ends by itself
    } catch (e) {
      crash([...lines, String(e && e.stack || e)].join('\n'));
    }
  }

  start();
})();
