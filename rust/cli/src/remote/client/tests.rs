//! The client against a server that answers what a test has written down.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

use super::*;

/// Time that only a test passes.
#[derive(Default)]
struct Still(Mutex<Vec<Duration>>);

impl Clock for Still {
    fn now(&self) -> u64 {
        // 2026-11-21T09:55:21Z
        1_795_254_921_000_000_000
    }

    fn pause(&self, length: Duration) {
        self.0.lock().unwrap().push(length);
    }
}

fn answer(mut stream: TcpStream, answer: &[u8]) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    // A client that has what it wants may have gone.
    let _ = stream.write_all(answer);
}

/// What comes of the answers, one for each request, and how long was paused between them.
fn asked(answers: &[&str], client: Client) -> (Result<Answer, Refused>, Vec<Duration>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let clock = Still::default();
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            for text in answers {
                answer(listener.accept().unwrap().0, text.as_bytes());
            }
        });
        client.get(&url, &clock)
    });
    (result, clock.0.into_inner().unwrap())
}

fn client() -> Client {
    Client::new(Vec::new(), None).unwrap()
}

const GOOD: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood";
const BUSY: &str =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbusy";

#[test]
fn what_may_pass_is_asked_again_after_longer_and_longer_pauses() {
    let cut = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 40\r\n\r\nhalf";
    let chunk =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let wait = "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    let (result, pauses) = asked(&[cut, chunk, wait, BUSY, GOOD], client());
    assert_eq!(result.unwrap().bytes, b"good");
    assert_eq!(pauses, [500, 1000, 7000, 4000].map(Duration::from_millis));
}

#[test]
fn after_five_attempts_it_is_told_what_the_server_said() {
    let (result, pauses) = asked(&[BUSY; 5], client());
    let told = "503 Service Unavailable: busy (5 attempts)".to_owned();
    assert_eq!(result.unwrap_err(), Refused::Rejected(told));
    assert_eq!(pauses.len(), 4);
}

#[test]
fn a_server_that_asks_for_an_hour_gets_a_minute() {
    let wait =
        "HTTP/1.1 503 x\r\nConnection: close\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n";
    let (result, pauses) = asked(&[wait, GOOD], client());
    assert!(result.is_ok());
    assert_eq!(pauses, [Duration::from_secs(60)]);
}

#[test]
fn what_does_not_pass_is_not_asked_again() {
    for (status, refused) in [
        ("404 Not Found", Refused::Nothing),
        (
            "401 Unauthorized",
            Refused::Failed("401 Unauthorized: no".to_owned()),
        ),
        (
            "400 Bad Request",
            Refused::Rejected("400 Bad Request: no".to_owned()),
        ),
    ] {
        let text = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
        let (result, pauses) = asked(&[&text], client());
        assert_eq!(result.unwrap_err(), refused);
        assert!(pauses.is_empty());
    }
}

#[test]
fn an_answer_of_as_many_bytes_as_may_be_is_taken_and_one_more_is_too_large() {
    let (result, _) = asked(&[GOOD], client().taking(4));
    assert_eq!(result.unwrap().bytes, b"good");
    let (result, pauses) = asked(&[GOOD], client().taking(3));
    assert_eq!(result.unwrap_err(), Refused::TooLarge);
    assert!(pauses.is_empty());
}

#[test]
fn a_clock_that_is_off_by_more_than_a_minute_is_told() {
    for (date, off) in [
        ("Sat, 21 Nov 2026 09:56:21 GMT", None),
        ("Sat, 21 Nov 2026 09:56:22 GMT", Some(61)),
        ("Sat, 21 Nov 2026 08:55:21 GMT", Some(-3600)),
        ("now", None),
    ] {
        let text = GOOD.replace("Connection", &format!("Date: {date}\r\nConnection"));
        let (result, _) = asked(&[&text], client());
        assert_eq!(result.unwrap().clock_off, off, "{date}");
    }
}

#[test]
fn nobody_at_the_other_end_is_an_error_and_so_are_certificates_that_are_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    drop(listener);
    let clock = Still::default();
    assert!(matches!(
        client().get(&url, &clock),
        Err(Refused::Failed(_))
    ));
    assert!(matches!(
        client().get("http://", &clock),
        Err(Refused::Failed(_))
    ));
    assert!(Client::new(Vec::new(), Some(b"")).is_err());
}

#[test]
fn an_address_is_shown_without_what_is_secret_in_it() {
    for (url, shown) in [
        ("http://host/prefix", "http://host/prefix"),
        ("https://ann:s3@cret@host:3200/a@b", "https://host:3200/a@b"),
        ("http://host?q=a@b", "http://host?q=a@b"),
    ] {
        assert_eq!(without_secret(url), shown);
    }
}
