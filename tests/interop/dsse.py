"""dsse.py ENVELOPE KEY: verifies one DSSE envelope with securesystemslib and the raw Ed25519 key given in hexadecimal,
reads the statement with in_toto_attestation, and prints its name and version. Called from tests/interop_dsse.rs."""

import json
import sys

from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
keyids = [signature["keyid"] for signature in document["signatures"]]
keys = [SSlibKey(keyid, "ed25519", "ed25519", {"public": sys.argv[2]}) for keyid in keyids]
envelope = Envelope.from_dict(document)
try:
    envelope.verify(keys, threshold=len(keyids))
except (ValueError, VerificationError) as error:
    sys.exit(f"bad signature: {error}")
statement = Statement.copy_from_pb(json_format.Parse(envelope.payload, statement_pb2.Statement()))
statement.validate()
print(statement.pb.predicate["name"], statement.pb.predicate["version"])
