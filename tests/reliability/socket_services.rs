//! Every service over real sockets: ill-formed bytes, and sixty-four clients at once.

use std::time::{Duration, Instant};

use http::Method;
use standin::call::Call;
use standin::world::World;
use tokio::task::JoinSet;

use crate::anyone::Anyone;
use crate::net::{Got, Running};
use crate::play;
use crate::random::Random;
use crate::support;
use crate::support::services::{self, Service};

const AT_ONCE: Duration = Duration::from_secs(1);
const CLIENTS: usize = 64;
const CALLS_OF_EACH: usize = 10;
/// Draws until a sound call that makes something has been found.
const DRAWS_MAX: usize = 3_000;

async fn start(service: &Service) -> Running {
    Running::start(support::contract(service)).await
}

/// The world that the server has, for what its ids are.
fn world(service: &Service) -> World {
    play::world(&support::contract(service), standin::server::Settings::default().seed)
}

async fn still_serves(running: &Running) {
    assert_eq!(running.caller(false).get("/_standin/health").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ill_formed_requests_are_refused_at_once_by_every_service() {
    for service in services::chosen() {
        let running = start(&service).await;
        let contract = support::contract(&service);
        let base = &contract.operations.base;
        let posting =
            contract.operations.list.iter().find(|known| known.method == Method::POST && !known.template.contains('{'));
        let target = format!("{base}{}", posting.map_or("/", |operation| &operation.template));
        let post = running.head(&format!("POST {target} HTTP/1.1")) + "Content-Type: application/json\r\n";
        for bytes in [
            format!("{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
            format!("{post}Content-Length: -1\r\n\r\n{{}}"),
            format!("{post}Content-Length: 99999999999999999999999\r\n\r\n{{}}"),
            format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"),
            format!("{post}Content-Length: 8\r\n\r\n{{\"a\": \u{0}}}"),
            running.head(&format!("GET {base}/\u{0} HTTP/1.1")) + "\r\n",
            running.head(&format!("GET {base}/%FF%FE HTTP/1.1")) + "\r\n",
            running.head(&format!("BREW {base}/ HTTP/1.1")) + "\r\n",
            running.head(&format!("GET {base}/?{} HTTP/1.1", "x".repeat(200_000))) + "\r\n",
            running.head(&format!("GET {base}/ HTTP/9.9")) + "\r\n",
        ] {
            let started = Instant::now();
            let seen = running.exchange(bytes.as_bytes()).await;
            let start: String = bytes.chars().take(120).collect();
            assert!(started.elapsed() < AT_ONCE, "{}: {start:?} took {:?}", service.name, started.elapsed());
            let refused = seen.is_empty() || seen.starts_with("HTTP/1.1 4") || seen.starts_with("HTTP/1.1 505");
            assert!(refused, "{}: {start:?}: {seen}", service.name);
        }
        still_serves(&running).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_clients_of_every_service_are_all_answered() {
    for service in services::chosen() {
        let running = start(&service).await;
        let contract = support::contract(&service);
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (caller, contract, world) = (running.caller(number % 2 == 1), contract.clone(), world(&service));
            clients.spawn(async move {
                let mut random = Random::new(number as u64);
                let anyone = Anyone::new(&contract, &world);
                for _ in 0..CALLS_OF_EACH {
                    let operation = random.pick(&contract.operations.list).expect("there are operations");
                    let call = anyone.sound(&contract, operation, &world, &mut random);
                    let got = caller.send(&call).await;
                    assert!(got.status.as_u16() < 500, "{}: {}", operation.id, got.body);
                }
            });
        }
        while let Some(done) = clients.join_next().await {
            done.unwrap_or_else(|error| panic!("{}: {error}", service.name));
        }
        let journal = running.caller(false).get("/_standin/journal?kind=call&limit=2000").await.body;
        let entries = journal["entries"].as_array().expect("entries");
        assert_eq!(entries.len(), CLIENTS * CALLS_OF_EACH, "{}: every call is journaled once", service.name);
    }
}

/// A call that makes something, to be sent with a key that all share.
fn making(service: &Service) -> Option<Call> {
    let contract = support::contract(service);
    let rule = contract.plan.idempotency.as_ref()?;
    let world = world(service);
    let anyone = Anyone::new(&contract, &world);
    let mut random = Random::new(1);
    let keyed: Vec<usize> =
        (0..contract.operations.list.len()).filter(|index| contract.plan.actions[*index].replays).collect();
    for _ in 0..DRAWS_MAX {
        let operation = &contract.operations.list[*random.pick(&keyed)?];
        let mut call = anyone.sound(&contract, operation, &world, &mut random);
        call.headers.insert(rule.header.clone(), "the-same-key".parse().expect("a header"));
        if play::send(&contract, &mut world.clone(), &call).status == 201 {
            return Some(call);
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_raced_by_sixty_four_clients_has_one_effect_in_every_service() {
    let mut raced = 0;
    for service in services::chosen() {
        let Some(call) = making(&service) else { continue };
        raced += 1;
        let running = start(&service).await;
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (caller, call) = (running.caller(number % 2 == 1), call.clone());
            clients.spawn(async move { caller.send(&call).await });
        }
        let got: Vec<Got> = clients.join_all().await;
        let made: Vec<&Got> = got.iter().filter(|one| one.status == 201).collect();
        assert!(made.iter().all(|one| one.body == made[0].body), "{}: all get the same answer", service.name);
        assert_eq!(made.iter().filter(|one| !one.replayed).count(), 1, "{}: one made it", service.name);
        let others = got.iter().filter(|one| one.status != 201);
        assert!(others.clone().all(|one| one.status == 429), "{}: {:?}", service.name, others.collect::<Vec<_>>());
    }
    assert!(raced > 0 || std::env::var_os("STANDIN_SERVICE").is_some(), "no service has keys");
}
