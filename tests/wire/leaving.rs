//! Clients that leave before their reply: noticed at once, whatever the fault that keeps them waiting.

use standin::audit::observe::End;

use super::*;

/// Much longer than any test waits, and 16 times [`LOOK`] and more.
const LONG_MS: u64 = 120_000;

/// Sends a call, stays so long, and leaves; gives how the call is told to have ended, and after how many milliseconds.
async fn leave(fault: Value, stay: Duration) -> (End, u64) {
    let fake = Fake::start().await;
    ask(&mut fake.connect().await, &post("/hooks", &hook())).await;
    fake.watch_anew();
    fake.arm(fault);
    let mut socket = fake.connect().await;
    socket.write_all(LIST).await.unwrap();
    tokio::time::sleep(stay).await;
    drop(socket);
    let exchanges = fake.watched().await;
    let [exchange] = &exchanges[..] else { panic!("{exchanges:?}") };
    (exchange.end, (exchange.ended - exchange.begun) / 1000)
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_and_the_time_is_told() {
    let waits = [
        json!({"kind": "hang"}),
        json!({"kind": "hang", "effect": "done"}),
        json!({"kind": "latency", "ms": LONG_MS}),
        json!({"kind": "slowHead", "bytesPerSecond": 1}),
        json!({"kind": "slowBody", "bytesPerSecond": 1}),
    ];
    for fault in waits {
        let (end, after) = leave(fault.clone(), LOOK).await;
        assert_eq!(end, End::Left, "{fault}");
        let stayed = LOOK.as_millis() as u64;
        assert!((stayed / 2..LONG_MS / 2).contains(&after), "{fault}: {after} ms");
    }
}

#[tokio::test]
async fn a_client_that_resets_the_connection_is_noticed_too() {
    let fake = Fake::start().await;
    fake.arm(json!({"kind": "hang"}));
    let mut socket = fake.connect().await;
    socket.write_all(LIST).await.unwrap();
    tokio::time::sleep(LOOK).await;
    socket.set_zero_linger().unwrap();
    drop(socket);
    let exchanges = fake.watched().await;
    assert_eq!(exchanges.iter().map(|exchange| exchange.end).collect::<Vec<_>>(), [End::Left]);
}

#[tokio::test]
async fn a_client_that_stays_is_replied_to() {
    let fake = Fake::start().await;
    for fault in [
        json!({"kind": "latency", "ms": 50, "times": 1}),
        json!({"kind": "slowHead", "bytesPerSecond": 2000, "times": 1}),
        json!({"kind": "slowBody", "bytesPerSecond": 20, "times": 1}),
    ] {
        fake.arm(fault.clone());
        let reply = ask(&mut fake.connect().await, LIST).await;
        assert!(reply.ends_with("[]"), "{fault}: {reply}");
    }
    let ends: Vec<End> = fake.watched().await.iter().map(|exchange| exchange.end).collect();
    assert_eq!(ends, [End::Replied; 3]);
}

#[tokio::test]
async fn a_call_that_hangs_is_told_while_it_does() {
    let fake = Fake::start().await;
    fake.arm(json!({"kind": "hang"}));
    let mut socket = fake.connect().await;
    socket.write_all(LIST).await.unwrap();
    tokio::time::sleep(LOOK).await;
    assert!(!fake.serving.settled("default", LOOK).await, "it is under way");
    let watched = fake.serving.watched("default").exchanges;
    assert_eq!((watched.len(), watched[0].end, fake.serving.calls_watched("default")), (1, End::Left, 1));
    assert!(watched[0].ended - watched[0].begun >= LOOK.as_micros() as u64, "{watched:?}");
    drop(socket);
    assert_eq!(fake.watched().await.len(), 1);
}
