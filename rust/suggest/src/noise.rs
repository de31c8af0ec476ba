//! Which attributes say nothing that a rule could hold on to: ids, times, hosts, ports, processes, whole addresses.

/// Words of a key, one of which makes its values noise.
const WORDS: [&str; 27] = [
    "id",
    "ids",
    "uuid",
    "guid",
    "timestamp",
    "time",
    "date",
    "host",
    "hostname",
    "pod",
    "node",
    "container",
    "process",
    "pid",
    "thread",
    "port",
    "peer",
    "address",
    "addr",
    "ip",
    "url",
    "agent",
    "traceparent",
    "token",
    "lineno",
    "nonce",
    "hash",
];

/// Keys that are noise as a whole, and keys with such a word that are none.
const KEYS: [(&str, bool); 18] = [
    ("http.target", true),
    ("http.url", true),
    ("http.user_agent", true),
    ("user_agent.original", true),
    ("http.request.body.size", true),
    ("http.response.body.size", true),
    ("http.request_content_length", true),
    ("http.response_content_length", true),
    ("messaging.message.body.size", true),
    ("url.scheme", false),
    ("gen_ai.agent.name", false),
    ("url.template", false),
    ("agent.name", false),
    ("peer.service", false),
    ("service.peer.name", false),
    ("server.service.name", false),
    ("process.exit.code", false),
    ("exit.code", false),
];

/// The values of this attribute say nothing. Whether it is there may still say something.
#[must_use]
pub fn is_noise(key: &str) -> bool {
    if let Some((_, is_noise)) = KEYS.iter().find(|(known, _)| *known == key) {
        return *is_noise;
    }
    if is_measured(key) {
        return false;
    }
    words(key).any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// What is measured or counted of something is no value of it: `wait_time_ms`, `llm.token_count.prompt`.
fn is_measured(key: &str) -> bool {
    const WORDS: [&str; 12] = [
        "count", "total", "ms", "us", "ns", "s", "sec", "seconds", "millis", "micros", "nanos",
        "minutes",
    ];
    let mut words = words(key).map(str::to_ascii_lowercase);
    let is_at = words.any(|word| word == "token" || word == "tokens" || word == "time");
    is_at && words.any(|word| WORDS.contains(&word.as_str()))
}

/// The values of this attribute name one thing each: what has it too belongs to that thing.
#[must_use]
pub fn is_identifier(key: &str) -> bool {
    const WORDS: [&str; 8] = ["id", "ids", "uuid", "guid", "token", "nonce", "hash", "key"];
    words(key).any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// `orderId` is `order` and `Id`, as `order.id` and `order_id` are.
fn words(key: &str) -> impl Iterator<Item = &str> {
    let is_between = |c: char| !c.is_ascii_alphanumeric();
    key.split(is_between).flat_map(|part| {
        let humps = part.char_indices().zip(part.chars().skip(1));
        let cut = humps
            .filter(|((_, a), b)| a.is_ascii_lowercase() && b.is_ascii_uppercase())
            .last();
        let cut = cut.map_or(0, |((at, a), _)| at + a.len_utf8());
        let (head, tail) = part.split_at(cut);
        [head, tail].into_iter().filter(|word| !word.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_hosts_and_times_are_noise_and_what_people_speak_of_is_not() {
        for key in [
            "order.id",
            "orderId",
            "user_id",
            "server.port",
            "net.peer.name",
            "k8s.pod.name",
            "host.name",
            "thread.name",
            "created.timestamp",
            "url.full",
            "http.target",
            "created.time",
            "auth.token",
        ] {
            assert!(is_noise(key), "{key}");
        }
        for key in [
            "amount",
            "currency",
            "http.response.status_code",
            "http.route",
            "processor",
            "tenant",
            "tier",
            "error.type",
            "timeout",
            "paid",
            "gen_ai.tool.name",
            "auth.granted",
            "url.scheme",
            "valid",
            "db.query.text",
            "peer.service",
            "agent.name",
            "process.exit.code",
            "llm.token_count.prompt",
            "queue.wait_time_ms",
        ] {
            assert!(!is_noise(key), "{key}");
        }
    }
}
