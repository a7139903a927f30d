//! The end of a server: calls under way finish, state is kept, the exit code is 0.

use std::time::{Duration, Instant};

use serde_json::json;

use super::program::{Server, exchange};

#[track_caller]
fn stops_cleanly_while_a_call_is_in_flight(signal: &str) {
    stops_cleanly(Server::start(SERVED), signal);
}

const SERVED: &[&str] = &["flow", "--clock", "frozen"];

#[track_caller]
fn stops_cleanly(mut server: Server, signal: &str) {
    server.control("POST", "faults", Some(json!({"kind": "latency", "ms": 700, "operation": "listChannels"})));
    let (name, value) = server.credential();
    let port = server.port;
    let call = std::thread::spawn(move || exchange(port, "GET", "/v1/channels", &[(&name, &value)], None));
    // The call has been taken up once its entry stands in the journal.
    while server.control("GET", "journal?operation=listChannels", None)["entries"] == json!([]) {
        std::thread::sleep(Duration::from_millis(5));
    }
    server.signal(signal);
    let done = server.finish();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(call.join().expect("the call ends").status, 200);
    assert!(done.stderr.contains("listChannels"), "the last call is logged: {}", done.stderr);
}

#[test]
fn sigterm_lets_calls_under_way_finish() {
    stops_cleanly_while_a_call_is_in_flight("TERM");
}

#[test]
fn sigint_lets_calls_under_way_finish() {
    stops_cleanly_while_a_call_is_in_flight("INT");
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_that_is_closed_lets_calls_under_way_finish() {
    stops_cleanly(Server::start_with("--default-signal=HUP", SERVED), "HUP");
}

#[test]
#[cfg(target_os = "linux")]
fn under_nohup_a_closed_terminal_stops_nothing() {
    let server = Server::start_with("--ignore-signal=HUP", &["flow"]);
    server.signal("HUP");
    // A signal arrives at once, and a server that stops does so within this.
    std::thread::sleep(Duration::from_millis(500));
    server.call("GET", "/v1/channels", None).expect(200);
    assert_eq!(server.stop("TERM").code, Some(0));
}

#[test]
fn an_idle_connection_does_not_hold_the_end_up() {
    let server = Server::start(&["flow"]);
    let idle = std::net::TcpStream::connect(("127.0.0.1", server.port)).expect("the server listens");
    let started = Instant::now();
    let done = server.stop("TERM");
    assert_eq!(done.code, Some(0));
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    drop(idle);
}

#[test]
fn a_port_is_free_again_after_the_end() {
    let first = Server::start(&["flow"]);
    let port = first.port.to_string();
    assert_eq!(first.stop("TERM").code, Some(0));
    let second = Server::start(&["flow", "--port", &port]);
    assert_eq!(second.port.to_string(), port);
}
