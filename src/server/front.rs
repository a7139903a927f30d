//! One request from its head to its response: the way in is the same with and without a socket.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Request, Response, StatusCode};
use hyper::body::Body;

use super::body;
use super::control::{self, Asked};
use super::drive::{self, Unanswered};
use super::hub::{Hub, NoWorld};
use super::log::CallLine;
use super::settings::wall_ms;
use super::tenant::{Bug, FollowUp, Tenant, guarded};
use super::watch::{Arrival, Following};
use super::wire::{self, Link, Terms};
use super::world_name::{self, Choice};
use super::write::{CutHere, ReplyBody, response};
use crate::audit::observe::End;
use crate::call::{Call, Reply, Wire};
use crate::engine::{self, Handled, Waiting};
use crate::world::World;
use crate::world::journal::{Account, Cause, What};

/// Paths below this are the fake's own, in every world.
pub const OWN_PREFIX: &str = "/_standin";
/// Most journal entries looked through for a call's own: it can be followed by events.
const ENTRIES_LOOKED_AT: u64 = 32;
/// Room for an origin, in bytes, before it has to grow.
const ORIGIN_EXPECTED: usize = 64;

/// The service behind every connection, and behind [`super::app`].
#[derive(Debug, Clone)]
pub struct Front {
    link: Arc<Link>,
}

/// What the log tells of a call beside its head.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub operation: Option<Arc<str>>,
    pub causes: Vec<Cause>,
    pub account: Account,
}

impl Front {
    pub fn new(link: Arc<Link>) -> Front {
        Front { link }
    }

    /// Notes that a request has been read.
    pub fn ask(&self) {
        self.link.ask();
    }

    /// An error asks for the connection, or on HTTP/2 the stream, to be broken off.
    pub async fn respond<B>(self, request: Request<B>) -> Result<Response<ReplyBody>, CutHere>
    where
        B: Body<Data = Bytes>,
    {
        let hub = &self.link.hub;
        let started = Instant::now();
        let received_at = wall_ms();
        let (parts, body) = request.into_parts();
        let mut terms = Terms { method: parts.method.clone(), version: parts.version, closing: true };
        let choice = match world_name::choose(parts.uri.path(), &parts.headers) {
            Ok(choice) => choice,
            Err(detail) => {
                let reply = control::problem(StatusCode::BAD_REQUEST, &detail);
                return Ok(response(reply, &terms.method, terms.version, true));
            }
        };
        let own = own_path(choice.path);
        let of_service = own.is_none();
        let (name, client) = (choice.name.to_owned(), choice.client);
        let origin = origin(&parts, choice, hub);
        let path = choice.path.to_owned();
        let uploads = body::upload_limit(hub.contract.operations.upload_bytes_max);
        let read = body::read(body, &parts.headers, body::limit(&parts.headers, uploads)).await;
        terms.closing = read.is_err();
        let (body, unread) = match read {
            Ok(body) => (body, None),
            Err(unread) => (Bytes::new(), Some(unread)),
        };
        let query = parts.uri.query().map(str::to_owned);
        let call =
            Call { method: parts.method, path, query, headers: parts.headers, body, unread, origin, received_at };

        let (reply, told) = reply(hub, &name, own, &call).await;
        let arrival = Arrival { contract: &hub.contract, connection: self.link.connection, client, begun: started };
        let is_watched = hub.settings.watch && of_service;
        let following = if is_watched { self.follow(&name, &call, &reply, &told, arrival) } else { None };
        log(hub, call, name, &reply, told, started);
        if !wire::is_plain(&reply) {
            return wire::perform(&self.link, &terms, reply, following).await;
        }
        if let Some(following) = following {
            following.finish(End::Replied);
        }
        Ok(response(reply, &terms.method, terms.version, terms.closing))
    }

    fn follow(&self, world: &str, call: &Call, reply: &Reply, told: &Told, arrival: Arrival<'_>) -> Option<Following> {
        let tenant = self.link.hub.known(world)?;
        Some(tenant.watch.as_ref()?.follow(call, reply, told, arrival))
    }
}

/// What follows [`OWN_PREFIX`] in a path below it, without a leading slash.
pub(super) fn own_path(path: &str) -> Option<String> {
    let own = path.strip_prefix(OWN_PREFIX).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    own.map(|rest| rest.trim_start_matches('/').to_owned())
}

/// The reply of a world, or of the fake itself where `own` is what follows [`OWN_PREFIX`].
pub(super) async fn reply(hub: &Arc<Hub>, world: &str, own: Option<String>, call: &Call) -> (Reply, Told) {
    match own {
        Some(rest) => own_reply(hub, world, rest, call).await,
        None => match hub.world(world) {
            Ok(tenant) => answer(hub, &tenant, call).await,
            Err(no_world) => (no_world_reply(hub, &no_world), Told::default()),
        },
    }
}

/// The engine's answer, under the world's lock; what it leaves behind is begun before the reply is written.
async fn answer(hub: &Arc<Hub>, tenant: &Arc<Tenant>, call: &Call) -> (Reply, Told) {
    let (outcome, told, follow_up): (Result<Handled, Bug>, Told, FollowUp) = {
        let mut held = tenant.lock();
        let outcome = guarded(&mut held.world, false, |world| engine::handle(&hub.contract, world, call));
        let told = if hub.tells() { told(&held.world) } else { Told::default() };
        (outcome, told, held.follow_up())
    };
    let generation = follow_up.generation;
    drive::begin(hub, tenant, follow_up);
    match outcome {
        Ok(Handled::Done(reply)) => (reply, told),
        Ok(Handled::Waits(waiting)) => held_back(hub, tenant, generation, call, *waiting).await,
        Ok(Handled::Unsound(wrong)) => {
            let detail = format!("the header X-Standin-Fault: {wrong}");
            let causes = vec![Cause::new("control", detail.clone())];
            (control::problem(StatusCode::BAD_REQUEST, &detail), Told { causes, ..Told::default() })
        }
        Err(bug) => (bug_reply(hub, call, &bug), Told::default()),
    }
}

/// The reply that waits for a delivery. In a task of its own: a caller who hangs up does not keep it from being recorded and pinned.
async fn held_back(
    hub: &Arc<Hub>,
    tenant: &Arc<Tenant>,
    generation: u64,
    call: &Call,
    waiting: Waiting,
) -> (Reply, Told) {
    let (hub, tenant, call) = (hub.clone(), tenant.clone(), call.clone());
    let task = tokio::spawn(async move {
        let tell = |world: &World| if hub.tells() { told(world) } else { Told::default() };
        match drive::conclude(&hub, &tenant, generation, &call, waiting, tell).await {
            Ok(answer) => answer,
            Err(Unanswered::Bug(bug)) => (bug_reply(&hub, &call, &bug), Told::default()),
            Err(Unanswered::Replaced) => {
                let detail = "the world was reset or restored while the reply waited for a delivery";
                (control::problem(StatusCode::SERVICE_UNAVAILABLE, detail), Told::default())
            }
        }
    });
    task.await.unwrap_or_else(|error| (control::bug(&Bug(error.to_string())), Told::default()))
}

fn bug_reply(hub: &Hub, call: &Call, bug: &Bug) -> Reply {
    hub.log.bug(&format!("answering {} {}", call.method, call.path), &bug.0);
    control::bug(bug)
}

/// The newest call in the journal: the one just answered.
fn told(world: &World) -> Told {
    let after = world.journal.last_number().saturating_sub(ENTRIES_LOOKED_AT);
    let entries = world.journal.since(after, ENTRIES_LOOKED_AT as usize);
    let newest = entries.iter().rev().find_map(|entry| match &entry.what {
        What::Call { operation, account, .. } => {
            Some(Told { operation: operation.clone(), causes: entry.causes.clone(), account: account.clone() })
        }
        _ => None,
    });
    newest.unwrap_or_default()
}

/// The fake's own pages and its control API.
async fn own_reply(hub: &Arc<Hub>, world: &str, rest: String, call: &Call) -> (Reply, Told) {
    let asked = Asked { world: world.to_owned(), path: rest, call };
    let (operation, reply) = control::answer(hub, &asked).await;
    if !hub.log.is_on() {
        return (reply, Told::default());
    }
    let cause = match reply.status.is_client_error() || reply.status.is_server_error() {
        true => Some(Cause::new("control", control::detail(&reply))),
        false => control::faults_changed(operation, &reply).map(|text| Cause::new("fault", text)),
    };
    let causes = cause.into_iter().collect();
    (reply, Told { operation: operation.map(Arc::from), causes, account: Account::default() })
}

pub(super) fn no_world_reply(hub: &Hub, no_world: &NoWorld) -> Reply {
    match no_world {
        NoWorld::TooMany => control::problem(
            StatusCode::SERVICE_UNAVAILABLE,
            &format!("there are {} worlds already, and no more are made", super::hub::WORLDS_MAX),
        ),
        NoWorld::Exists => control::problem(StatusCode::CONFLICT, "a world of this name exists"),
        NoWorld::Bug(bug) => {
            hub.log.bug("founding a world", &bug.0);
            control::bug(bug)
        }
    }
}

/// Scheme, authority and world prefix by which the caller reached us.
fn origin(parts: &Parts, choice: Choice<'_>, hub: &Hub) -> String {
    let named = parts.headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let authority = named.as_ref().or(parts.uri.authority());
    let mut origin = String::with_capacity(ORIGIN_EXPECTED);
    origin.push_str(hub.settings.scheme());
    origin.push_str("://");
    match authority {
        // Credentials in an authority are not repeated in links.
        Some(authority) => origin.push_str(authority.as_str().rsplit('@').next().unwrap_or_default()),
        None => origin.push_str(&format!("{}:{}", hub.settings.host, hub.settings.port)),
    }
    if choice.prefixed {
        origin.push_str("/~");
        match choice.client {
            0 => origin.push_str(choice.name),
            client => origin.push_str(&world_name::for_client(choice.name, client)),
        }
    }
    origin
}

fn log(hub: &Hub, call: Call, world: String, reply: &Reply, told: Told, started: Instant) {
    if !hub.log.is_on() {
        return;
    }
    let wire = match reply.wire {
        Wire::Intact => None,
        Wire::Cut(None) => Some("connection cut"),
        Wire::Cut(Some(_)) => Some("body cut"),
        Wire::Reset(_) => Some("connection reset"),
        Wire::Hang => Some("no answer"),
        Wire::Garbage => Some("garbage"),
        Wire::Length(_) => Some("wrong length"),
    };
    hub.log.call(CallLine {
        method: call.method,
        path: call.path,
        query: call.query,
        status: reply.status.as_u16(),
        operation: told.operation,
        world: world.into(),
        took: started.elapsed(),
        wire,
        causes: told.causes,
    });
}

impl<B> tower_service::Service<Request<B>> for Front
where
    B: Body<Data = Bytes> + Send + 'static,
{
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ReplyBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let front = self.clone();
        Box::pin(async move {
            let broken = |CutHere| wire::broken();
            Ok(front.respond(request).await.unwrap_or_else(broken))
        })
    }
}
