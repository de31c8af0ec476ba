//! The few keys, names and texts that generated requests are made of.

pub const KEYS: [&str; 8] = [
    "a",
    "b",
    "http.request.method",
    "http.request.method_original",
    "service.name",
    "betrace.violation.id",
    "",
    "ключ",
];
pub const NAMES: [&str; 4] = ["charge", "GET /users/{id}", "", "audit.log"];
pub const TEXTS: [&str; 10] = [
    "", "x", "stripe", "5", "5.0", "-1e2", "true", "false", "05", "GET",
];
