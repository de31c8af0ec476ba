//! `betrace fetch` over TLS: who is trusted, and who is not. The certificate in `tls/` is for 127.0.0.1, its root is trusted by nobody but
//! these tests, and both end in a hundred years.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Desk, request, span};

const ROOT: &str = include_str!("tls/ca.pem");
const CERTIFICATE: &str = include_str!("tls/server.pem");
const KEY: &str = include_str!("tls/server.key");

/// Answers everything with one trace; the port.
fn server() -> u16 {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            let mut lines = BufReader::new(&mut stream).lines();
            // A client that does not trust us is gone by now.
            let is_asked = lines
                .by_ref()
                .map_while(Result::ok)
                .any(|line| line.is_empty());
            if is_asked {
                let text = format!("{{\"result\":{}}}", request(&[span(7, 1, 0, "pay")]));
                let length = text.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
                );
                stream
                    .write_all(format!("{head}{text}").as_bytes())
                    .unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        }
    });
    port
}

fn fetch(desk: &Desk, host: &str, port: u16, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_betrace"))
        .args([
            "fetch",
            "jaeger",
            &format!("https://{host}:{port}"),
            "--service",
            "shop",
        ])
        .args(options)
        .env("NO_PROXY", "127.0.0.1,localhost")
        .current_dir(desk.path("."))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_server_is_believed_if_its_certificate_is_for_it_and_its_root_is_trusted() {
    let desk = Desk::with(&[("ca.pem", ROOT), ("key.pem", KEY)]);
    let port = server();
    let ran = fetch(&desk, "127.0.0.1", port, &["--ca", "ca.pem"]);
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(0), "{told}");
    assert!(told.contains("1 trace in"), "{told}");
    assert!(String::from_utf8_lossy(&ran.stdout).contains("00000000000000000000000000000007"));
    for (host, options, why) in [
        ("127.0.0.1", &[][..], "certificate"),
        ("localhost", &["--ca", "ca.pem"], "certificate"),
        (
            "127.0.0.1",
            &["--ca", "key.pem"],
            "key.pem: holds more than certificates",
        ),
    ] {
        let ran = fetch(&desk, host, port, options);
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(2), "{told}");
        assert!(told.contains(why) && !told.contains("attempts"), "{told}");
        assert!(ran.stdout.is_empty());
    }
}
