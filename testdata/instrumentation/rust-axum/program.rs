//! Orders, some of which cannot be had.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use axum_tracing_opentelemetry::middleware::{OtelAxumLayer, OtelInResponseLayer};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::signal::unix::{SignalKind, signal};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() {
    // The exporter's client of HTTP blocks, and may not be made where nothing may block.
    let exporter = SpanExporter::builder().with_http().build().expect("an exporter");
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("shop"));
    // The layer's own spans are of the lowest level.
    let levels = Targets::new().with_default(Level::INFO).with_target("otel::tracing", Level::TRACE);
    tracing_subscriber::registry().with(layer).with(levels).init();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(serve());
    provider.shutdown().expect("all is sent");
}

async fn serve() {
    let shop = Router::new()
        .route("/orders/{order}", get(order))
        .route("/panics", get(panics))
        .route("/unavailable", get(async || (StatusCode::SERVICE_UNAVAILABLE, "come back later")))
        .route("/logs", get(logs))
        .layer(OtelInResponseLayer)
        .layer(OtelAxumLayer::default());
    let address = format!("127.0.0.1:{}", std::env::var("PORT").expect("a port"));
    let listener = tokio::net::TcpListener::bind(address).await.expect("the port");
    let mut ended = signal(SignalKind::terminate()).expect("a signal");
    axum::serve(listener, shop)
        .with_graceful_shutdown(async move { while ended.recv().await.is_none() {} })
        .await
        .expect("it serves");
}

async fn panics() -> StatusCode {
    panic!("no such order")
}

#[tracing::instrument]
async fn order(Path(order): Path<u32>) -> Json<u32> {
    Json(order)
}

/// The request is answered, and the second address did.
#[tracing::instrument]
async fn logs() -> &'static str {
    tracing::error!("the first address does not answer");
    "sent"
}
