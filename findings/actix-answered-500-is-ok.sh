#!/bin/bash
# tracing-actix-web sets the status of a request's span by how the answer came about. A handler that fails with an error which becomes
# 500 makes an ERROR. A handler that builds the answer with 500 itself, as one does who wants a body of one's own, makes an OK: not
# UNSET, which leaves the question open, but the word that says all went well. A 404 is OK in both.
#
# Why it matters to who writes rules: `status == error` misses the failures that somebody thought of and handled, and "a request that is
# OK has its order stored" holds the others to a promise that nobody made.
#
# Expectation: the conventions: ERROR for a server's 5xx, UNSET for the others.
# Versions: tracing-actix-web 0.7.25, actix-web 4.18.1, tracing-opentelemetry 0.34.0, opentelemetry_sdk 0.33.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "probe"
version = "0.1.0"
edition = "2021"
[profile.dev]
debug = false
[dependencies]
actix-web = { version = "=4.18.1", default-features = false, features = ["macros"] }
opentelemetry = "=0.33.1"
opentelemetry_sdk = { version = "=0.33.1", features = ["testing"] }
tracing = "=0.1.44"
tracing-actix-web = { version = "=0.7.25", default-features = false }
tracing-opentelemetry = "=0.34.0"
tracing-subscriber = { version = "=0.3.23", default-features = false, features = ["registry"] }
TOML
cat > src/main.rs <<'RS'
use actix_web::http::StatusCode;
use actix_web::{error, test, web, App, HttpResponse};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing_actix_web::TracingLogger;
use tracing_subscriber::prelude::*;

async fn built(code: web::Path<u16>) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(*code).unwrap()).body("{\"problem\": \"the store is away\"}")
}

async fn failed(code: web::Path<u16>) -> Result<HttpResponse, actix_web::Error> {
    let code = StatusCode::from_u16(*code).unwrap();
    Err(error::InternalError::new("the store is away", code).into())
}

#[actix_web::main]
async fn main() {
    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("shop"));
    tracing_subscriber::registry().with(layer).init();
    let routes = App::new().wrap(TracingLogger::default());
    let routes = routes.route("/built/{code}", web::get().to(built)).route("/failed/{code}", web::get().to(failed));
    let app = test::init_service(routes).await;
    for path in ["/built/500", "/failed/500", "/built/404", "/failed/404", "/built/200"] {
        let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        drop(answer); // The span ends with the answer's body.
        for span in spans.get_finished_spans().unwrap() {
            let code = span.attributes.iter().find(|attribute| attribute.key.as_str() == "http.status_code");
            println!("{path}: {:?}, http.status_code {:?}", span.status, code.map(|attribute| &attribute.value));
        }
        spans.reset();
    }
}
RS
seen=$(nice cargo run -q 2>/dev/null)

echo "tracing-actix-web 0.7.25: requests answered with errors"
echo "expected: an error for 500, Unset for the others"
echo "seen:"; echo "$seen"
[ "$seen" = '/built/500: Ok, http.status_code Some(I64(500))
/failed/500: Error { description: "" }, http.status_code Some(I64(500))
/built/404: Ok, http.status_code Some(I64(404))
/failed/404: Ok, http.status_code Some(I64(404))
/built/200: Ok, http.status_code Some(I64(200))' ] || { echo "the behaviour changed"; exit 1; }
