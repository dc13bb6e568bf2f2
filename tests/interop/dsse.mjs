// dsse.mjs ENVELOPE KEY: verifies one DSSE envelope with @sigstore/core and the raw Ed25519 key given in hexadecimal, and
// prints the name and version of the in-toto statement in it. Called from tests/interop_dsse.rs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The packages lie where the test installed them, not beside this file.
const require = createRequire(process.env.PACKAGES + '/package.json');
const { crypto, dsse } = require('@sigstore/core');

const envelope = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(process.argv[3], 'hex')]);
const key = crypto.createPublicKey(spki);
const payload = Buffer.from(envelope.payload, 'base64');
const encoded = dsse.preAuthEncoding(envelope.payloadType, payload);
const good = envelope.signatures.filter(({ sig }) => crypto.verify(encoded, key, Buffer.from(sig, 'base64')));
if (envelope.signatures.length === 0 || good.length !== envelope.signatures.length) {
  console.error('bad signature');
  process.exit(1);
}
const statement = JSON.parse(payload);
if (statement._type !== 'https://in-toto.io/Statement/v1' || !statement.subject.every((s) => s.digest.sha256)) {
  console.error('no in-toto statement');
  process.exit(1);
}
console.log(statement.predicate.name, statement.predicate.version);
