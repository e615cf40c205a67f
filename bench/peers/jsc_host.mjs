// A command line for JavaScriptCore: runs a WASI command module in Bun, with arguments and "." opened.
import { fstatSync, readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const args = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args, env: {}, preopens: { '.': '.' } });
// Bun calls all three standard descriptors terminals, to which some programs write no binary data.
const characterDevice = 2, regularFile = 4;
for (const fd of [0, 1, 2]) {
  wasi.FD_MAP.get(fd).filetype = fstatSync(fd).isFile() ? regularFile : characterDevice;
}
const module = await WebAssembly.compile(readFileSync(args[0]));
const instance = await WebAssembly.instantiate(module, wasi.getImports(module));
wasi.start(instance);
