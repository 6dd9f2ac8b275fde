'use strict';
// Preloaded into Azurite (`node -r`). The command that started Azurite holds the other end of stdin: when it ends, however it
// ends (kill -9 too), stdin does, and Azurite shuts down the way it does on SIGTERM, which writes its database to disk.
// Ctrl-C and a closed terminal reach the whole process group (on Windows they don't: it has a console of its own); the command must
// finish its pictures first, so they do nothing here.
const ignored = new Set(['SIGINT', 'SIGHUP']);
for (const signal of ignored) {
  process.on(signal, () => {});
}

for (const method of ['on', 'once', 'addListener']) {
  const original = process[method];
  process[method] = function (event, listener) {
    return ignored.has(event) ? this : original.call(this, event, listener);
  };
}

// A request that arrives while Azurite closes is never answered and would keep the process; three services, three lines.
const log = console.log;
let closed = 0;
console.log = function (...line) {
  log.apply(console, line);
  if (/service successfully closed/.test(String(line[0])) && ++closed === 3) {
    process.exit(0);
  }
};

let stopping = false;
function stop() {
  if (stopping) {
    return;
  }

  stopping = true;
  if (process.listenerCount('SIGTERM') === 0) {
    process.exit(0);
  }

  setTimeout(() => process.exit(1), 20000).unref();
  process.emit('SIGTERM');
}

// The pipes to a parent that was killed are broken; writing to them must not end Azurite before it has saved.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
process.stdin.on('end', stop);
process.stdin.on('close', stop);
process.stdin.on('error', stop);
process.stdin.resume();
