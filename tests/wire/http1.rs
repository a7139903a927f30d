//! HTTP/1.1: every kind, byte for byte.

use super::*;

#[tokio::test]
async fn a_closed_connection_ends_before_the_first_byte() {
    assert_eq!(damaged(json!({"kind": "close"})).await.1, Said::closed(""));
    assert_eq!(damaged(json!({"kind": "close", "effect": "done"})).await.1, Said::closed(""));
}

#[tokio::test]
async fn a_reset_before_the_reply_is_a_reset_without_a_byte() {
    assert_eq!(damaged(json!({"kind": "reset"})).await.1, Said::reset(""));
}

#[tokio::test]
async fn a_reset_within_the_headers_comes_after_half_of_them() {
    let (intact, said) = damaged(json!({"kind": "reset", "at": "head", "effect": "done"})).await;
    let (head, _) = parts(&intact);
    assert_eq!(said, Said::reset(&head[..head.len() / 2]));
}

#[tokio::test]
async fn a_reset_within_the_body_comes_after_half_of_it() {
    let (intact, said) = damaged(json!({"kind": "reset", "at": "body", "effect": "done"})).await;
    let (head, body) = parts(&intact);
    assert!(body.len() > 20, "{intact}");
    assert_eq!(said, Said::reset(&intact[..head.len() + body.len() / 2]));
}

#[tokio::test]
async fn a_call_of_http_1_0_is_broken_in_its_own_version() {
    let fake = Fake::start().await;
    fake.arm(json!({"kind": "truncate", "bytes": 1, "nth": 2}));
    let call = async || {
        let mut socket = fake.connect().await;
        socket.write_all(b"GET /hooks HTTP/1.0\r\nHost: localhost\r\n\r\n").await.unwrap();
        read_to_end(&mut socket).await.bytes
    };
    let (intact, cut) = (call().await, call().await);
    assert!(intact.starts_with("HTTP/1.0 200 OK\r\n"), "{intact}");
    assert_eq!(cut, intact[..intact.len() - 1]);
}

#[tokio::test]
async fn a_truncated_body_has_the_whole_length_announced_and_a_good_end() {
    let (intact, said) = damaged(json!({"kind": "truncate", "bytes": 7})).await;
    let (head, _) = parts(&intact);
    assert_eq!(said, Said::closed(&intact[..head.len() + 7]));
    let (intact, said) = damaged(json!({"kind": "truncate"})).await;
    let (head, body) = parts(&intact);
    assert_eq!(said, Said::closed(&intact[..head.len() + body.len() / 2]));
}

#[tokio::test]
async fn a_length_that_is_wrong_is_off_by_so_many_bytes() {
    for by in [5, -4] {
        let (intact, said) = damaged(json!({"kind": "wrongLength", "by": by})).await;
        let length = parts(&intact).1.len() as i64;
        let announced = |length: i64| format!("content-length: {length}\r\n");
        assert_eq!(said, Said::closed(intact.replace(&announced(length), &announced(length + by))), "{by}");
    }
}

#[tokio::test]
async fn garbage_is_no_http_and_the_same_each_time() {
    let (_, said) = damaged(json!({"kind": "garbage"})).await;
    assert!(said.bytes.starts_with('\u{fffd}') && !said.bytes.contains("HTTP/1"), "{said:?}");
    assert_eq!(said.end, Ok(()));
    assert_eq!(damaged(json!({"kind": "garbage", "effect": "done"})).await.1, said);
}

/// The pieces in which bytes come, until the connection ends or so many have come.
async fn pieces(socket: &mut TcpStream, bytes_max: usize) -> Vec<String> {
    let (mut pieces, mut seen) = (Vec::new(), 0);
    while seen < bytes_max {
        let mut buffer = vec![0; 4096];
        let read = tokio::time::timeout(PATIENCE, socket.read(&mut buffer)).await.expect("more comes").unwrap();
        if read == 0 {
            break;
        }
        seen += read;
        pieces.push(String::from_utf8(buffer[..read].to_vec()).unwrap());
    }
    pieces
}

#[tokio::test]
async fn a_slow_head_drips_and_announces_that_the_connection_ends() {
    let fake = Fake::start().await;
    let intact = ask(&mut fake.connect().await, LIST).await;
    fake.arm(json!({"kind": "slowHead", "bytesPerSecond": 200}));
    let mut socket = fake.connect().await;
    socket.write_all(LIST).await.unwrap();
    let pieces = pieces(&mut socket, usize::MAX).await;
    let (head, body) = parts(&intact);
    let closing = format!("{}connection: close\r\n\r\n{body}", head.strip_suffix("\r\n").unwrap());
    assert_eq!(pieces.concat(), closing);
    // Ten bytes at once: a reader that is held up may find two slices together, but not all of them.
    assert!(pieces[0].len() < head.len() / 2 && pieces.len() > 3, "{pieces:?}");
}

#[tokio::test]
async fn a_slow_body_drips_behind_its_head_and_leaves_the_connection_open() {
    let fake = Fake::start().await;
    let mut socket = fake.connect().await;
    ask(&mut socket, &post("/hooks", &hook())).await;
    let intact = ask(&mut socket, LIST).await;
    fake.arm(json!({"kind": "slowBody", "bytesPerSecond": 200, "times": 1}));
    socket.write_all(LIST).await.unwrap();
    let pieces = pieces(&mut socket, intact.len()).await;
    assert_eq!(pieces.concat(), intact);
    let (head, _) = parts(&intact);
    assert!(pieces[0].len() < head.len() + 40 && pieces.len() > 3, "{pieces:?}");
    assert_eq!(ask(&mut socket, LIST).await, intact);
}

#[tokio::test]
async fn a_slow_reply_can_also_break() {
    let fake = Fake::start().await;
    let intact = ask(&mut fake.connect().await, LIST).await;
    for (slow, broken) in [
        (json!({"kind": "slowBody", "bytesPerSecond": 40}), json!({"kind": "truncate", "bytes": 2})),
        (json!({"kind": "latency", "ms": 30}), json!({"kind": "truncate", "bytes": 2})),
        (json!({"kind": "slowHead", "bytesPerSecond": 2000}), json!({"kind": "truncate", "bytes": 2})),
    ] {
        fake.arm_in("both", slow);
        fake.arm_in("both", broken);
        let mut socket = fake.connect().await;
        socket.write_all(b"GET /~both/hooks HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        assert_eq!(read_to_end(&mut socket).await, Said::closed(&intact[..parts(&intact).0.len() + 2]));
        fake.serving.forget("both");
    }
}

#[tokio::test]
async fn a_call_that_hangs_gets_nothing_and_keeps_its_connection() {
    let fake = Fake::start().await;
    fake.arm(json!({"kind": "hang"}));
    let mut socket = fake.connect().await;
    socket.write_all(LIST).await.unwrap();
    let mut byte = [0];
    let read = tokio::time::timeout(LOOK, socket.read(&mut byte)).await;
    assert!(read.is_err(), "it is neither answered nor closed: {read:?}");
}

#[tokio::test]
async fn a_fault_of_the_content_leaves_the_connection_open() {
    let fake = Fake::start().await;
    let mut socket = fake.connect().await;
    let intact = ask(&mut socket, LIST).await;
    for (fault, status) in [
        (json!({"kind": "status", "status": 503, "times": 1}), "HTTP/1.1 503 "),
        (json!({"kind": "latency", "ms": 20, "times": 1}), "HTTP/1.1 200 "),
    ] {
        fake.arm(fault);
        let struck = ask(&mut socket, LIST).await;
        assert!(struck.starts_with(status), "{struck}");
        assert_eq!(ask(&mut socket, LIST).await, intact);
    }
    let connections: Vec<u64> = fake.watched().await.iter().map(|exchange| exchange.connection).collect();
    assert_eq!(connections, [1; 5]);
}

#[tokio::test]
async fn of_calls_sent_at_once_those_before_the_fault_are_answered_whole() {
    let fake = Fake::start().await;
    let intact = ask(&mut fake.connect().await, LIST).await;
    fake.arm(json!({"kind": "latency", "ms": 50, "times": 1}));
    fake.arm(json!({"kind": "truncate", "bytes": 1, "nth": 3}));
    let mut socket = fake.connect().await;
    socket.write_all(&LIST.repeat(4)).await.unwrap();
    let cut = &intact[..parts(&intact).0.len() + 1];
    assert_eq!(read_to_end(&mut socket).await, Said::closed(format!("{intact}{intact}{cut}")));
}

#[tokio::test]
async fn a_world_knows_nothing_of_faults_in_another() {
    let fake = Fake::start().await;
    fake.arm_in("broken", json!({"kind": "close"}));
    let call = async |world: &str| {
        let mut socket = fake.connect().await;
        let request = format!("GET /~{world}/hooks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        read_to_end(&mut socket).await
    };
    for _ in 0..10 {
        let (broken, sound) = tokio::join!(call("broken"), call("sound"));
        assert_eq!(broken, Said::closed(""));
        assert!(sound.bytes.starts_with("HTTP/1.1 200 OK\r\n") && sound.bytes.ends_with("[]"), "{sound:?}");
    }
    let hits = |world| fake.serving.faults(world).iter().map(|armed| armed.hits).collect::<Vec<_>>();
    assert_eq!((hits("broken"), hits("sound")), (vec![10], vec![]));
    let [broken, sound] = ["broken", "sound"].map(|world| fake.serving.watched(world).exchanges);
    assert_eq!((broken.len(), sound.len()), (10, 10));
    assert!(broken.iter().all(|exchange| exchange.struck_by("close")), "{broken:?}");
    assert!(sound.iter().all(|exchange| exchange.struck.is_empty()), "{sound:?}");
}
