// c2pa-rs in WebAssembly, offline, as a second opinion. Usage, from a folder that has
// node_modules/@contentauth/c2pa-wasm:
//   node c2pa_oracle.mjs verify ROOT.pem FILE...       one JSON line a file
//   node c2pa_oracle.mjs sign CHAIN.pem KEY IN OUT [PARENT]
import crypto from 'node:crypto';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const here = createRequire(path.join(process.cwd(), 'package.json'));
const c2pa = await import(pathToFileURL(here.resolve('@contentauth/c2pa-wasm')));
c2pa.initSync({module: fs.readFileSync(here.resolve('@contentauth/c2pa-wasm/c2pa.wasm'))});

const types = {'.wav': 'audio/wav', '.mp3': 'audio/mpeg', '.flac': 'audio/flac'};
const typeOf = (name) => types[path.extname(name)];
const offline = {verify: {verify_trust: true, remote_manifest_fetch: false, ocsp_fetch: false}};

// What the builder needs of a browser: a Blob that can be read at once.
globalThis.FileReaderSync = class {
  readAsArrayBuffer(blob) {
    return blob.bytes.slice().buffer;
  }
};
class MemoryBlob {
  constructor(bytes, type) {
    this.bytes = bytes;
    this.size = bytes.byteLength;
    this.type = type;
  }
  slice(from = 0, to = this.size) {
    return new MemoryBlob(this.bytes.subarray(from, to), this.type);
  }
  async arrayBuffer() {
    return this.bytes.slice().buffer;
  }
}

async function judge(file, settings) {
  const bytes = new Uint8Array(fs.readFileSync(file));
  try {
    const reader = await c2pa.WasmReader.fromBytes(typeOf(file), bytes, JSON.stringify(settings));
    const found = JSON.parse(reader.json());
    const active = found.validation_results?.activeManifest ?? {};
    const codes = (list) => (list ?? []).map((status) => status.code);
    const stamp = [...codes(active.success), ...codes(active.informational)].filter(
        (code) => code.startsWith('timeStamp'));
    const result = {state: found.validation_state, failure: codes(active.failure)};
    if (stamp.length) result.stamp = stamp;
    return result;
  } catch (error) {
    return {state: 'Error', failure: [String(error?.message ?? error)]};
  }
}

// COSE_Sign1 of exactly `size` bytes: tag 18, [protected, {pad}, nil, signature].
function head(major, number) {
  if (number < 24) return Buffer.from([(major << 5) | number]);
  if (number < 256) return Buffer.from([(major << 5) | 24, number]);
  return Buffer.from([(major << 5) | 25, number >> 8, number & 255]);
}
const byteString = (bytes) => Buffer.concat([head(2, bytes.length), bytes]);
const text = (value) => Buffer.concat([head(3, value.length), Buffer.from(value)]);
const array = (...items) => Buffer.concat([head(4, items.length), ...items]);

function cose(claim, chain, key, size) {
  const header = Buffer.concat(
      [head(5, 2), head(0, 1), head(1, 6), head(0, 33), array(...chain.map(byteString))]);
  const input = array(text('Signature1'), byteString(header), byteString(Buffer.alloc(0)),
                      Buffer.concat([head(2, claim.length), claim]));
  const signature = crypto.sign('sha256', input, {key, dsaEncoding: 'ieee-p1363'});
  const message = (pad) => Buffer.concat([
    head(6, 18),
    array(byteString(header), Buffer.concat([head(5, 1), text('pad'), byteString(Buffer.alloc(pad))]),
          Buffer.from([0xf6]), byteString(signature)),
  ]);
  let pad = size - message(0).length;
  while (message(pad).length > size) --pad;
  return new Uint8Array(message(pad));
}

async function sign(chainFile, keyFile, input, output, parent) {
  const pem = fs.readFileSync(chainFile, 'utf8').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g);
  const chain = pem.map((text) => new crypto.X509Certificate(text).raw).slice(0, -1);  // no root
  const key = crypto.createPrivateKey(fs.readFileSync(keyFile));
  const size = 4096;
  const signer = {
    alg: 'es256',
    reserveSize: size,
    sign: async (claim) => cose(Buffer.from(claim), chain, key, size),
  };
  const definition = {
    claim_generator_info: [{name: 'oracle', version: '1'}],
    title: path.basename(input),
    format: typeOf(input),
    assertions: [
      {
        label: 'c2pa.actions.v2',
        data: {
          actions: [parent ? {action: 'c2pa.opened', parameters: {ingredientIds: ['xmp:iid:1']}} : {
            action: 'c2pa.created',
            digitalSourceType:
                'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
          }],
        },
      },
      {label: 'c2pa.soft-binding', data: {alg: 'org.example.1', blocks: [{scope: {}, value: 'AQI='}]}},
    ],
  };
  const settings = {...offline, verify: {...offline.verify, verify_after_sign: false}};
  const builder = c2pa.WasmBuilder.fromJson(JSON.stringify(definition), JSON.stringify(settings));
  const blobOf = (name) => new MemoryBlob(new Uint8Array(fs.readFileSync(name)), typeOf(name));
  if (parent) {
    const ingredient = {title: 'parent', relationship: 'parentOf', instance_id: 'xmp:iid:1'};
    await builder.addIngredientFromBlob(JSON.stringify(ingredient), typeOf(parent), blobOf(parent));
  }
  fs.writeFileSync(output, await builder.sign(signer, [], typeOf(input), blobOf(input)));
}

const [verb, ...words] = process.argv.slice(2);
if (verb === 'verify') {
  const [root, ...files] = words;
  const trust = {
    trust_anchors: fs.readFileSync(root, 'utf8'),
    trust_config: '1.3.6.1.5.5.7.3.4',
  };
  for (const file of files) {
    const trusted = await judge(file, {...offline, trust});
    const unknown = await judge(file, offline);
    console.log(JSON.stringify({file, trusted, unknown}));
  }
} else if (verb === 'sign') {
  await sign(...words);
} else {
  process.exit(2);
}
