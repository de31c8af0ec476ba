//! The shapes that traces have in JSON, told by their structure and turned into OTLP.

pub mod clickhouse;
pub mod console;
pub mod document;
pub mod field;
pub mod flat;
pub mod jaeger;
pub mod jaeger_model;
pub mod jaeger_translation;
pub mod keys;
pub mod otlp;
pub mod otlp_field;
pub mod otlp_value;
pub mod record;
pub mod refused;
pub mod zipkin;
pub mod zipkin_v1;
