//! The socket: binding, accepting, limits on connections, and a clean stop.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::deliver::Courier;
use super::front::Front;
use super::hub::{Hub, NoWorld};
use super::settings::Settings;
use super::tenant::Bug;
use super::tls;
use super::wire::{Link, Socket, Tap};
use super::world_name;
use crate::contract::Contract;
use crate::engine;
use crate::world::state;

/// Longest time a request's head may take to arrive, and an idle connection is kept.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// Most bytes of a request's head; beyond it the answer is 431.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most connections at once; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 10_000;
/// Longest time that calls under way may take to finish after the stop.
pub const STOP_TIME_MAX: Duration = Duration::from_secs(5);
/// How long the accept loop rests when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const BACKLOG: u32 = 1_024;

/// A server that is listening.
#[derive(Debug)]
pub struct Serving {
    pub address: SocketAddr,
    pub(super) hub: Arc<Hub>,
    task: JoinHandle<Result<(), StartError>>,
}

/// Why a server could not start, or not save its state at the end.
#[derive(Debug)]
pub enum StartError {
    /// Off loopback the control API needs a token.
    TokenMissing {
        host: String,
    },
    HostUnknown {
        host: String,
        error: io::Error,
    },
    PortTaken {
        port: u16,
    },
    Bind {
        host: String,
        port: u16,
        error: io::Error,
    },
    State {
        file: PathBuf,
        reason: String,
    },
    Certificate {
        file: PathBuf,
        reason: String,
    },
    World(String),
}

pub async fn serve(
    contract: Arc<Contract>,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving, StartError> {
    if settings.control_token.is_none() && !settings.on_loopback() {
        return Err(StartError::TokenMissing { host: settings.host });
    }
    let listener = bind(&settings.host, settings.port).await?;
    let failed = |error| StartError::Bind { host: settings.host.clone(), port: settings.port, error };
    let address = listener.local_addr().map_err(failed)?;
    let mut settings = settings;
    settings.port = address.port();
    let tls = settings.tls.as_ref().map(|file| {
        let failed = |reason| StartError::Certificate { file: file.clone(), reason };
        tls::acceptor(&settings.host, file).map_err(failed)
    });
    let tls = tls.transpose()?;
    // The courier knows no certificates; what goes to this server's own receiver needs no connection.
    let own = tls.as_ref().map(|_| tls::origins(&settings.host, settings.port)).unwrap_or_default();
    let courier = Courier::new(&settings.allow_webhooks_to).with_own_receivers(own);
    let hub = Hub::with_courier(contract, settings, courier);
    prepare(&hub)?;
    let task = tokio::spawn(run(listener, tls, hub.clone(), stop));
    Ok(Serving { address, hub, task })
}

impl Serving {
    /// A credential that a person can paste: header value and header name as [`engine::credential`] gives them.
    pub fn credential(&self) -> Option<(String, String)> {
        self.hub.credential()
    }

    /// Waits until the server has stopped: calls finished, state saved, log written.
    pub async fn finished(self) -> Result<(), StartError> {
        match self.task.await {
            Ok(outcome) => outcome,
            Err(error) => Err(StartError::World(format!("the accept loop broke off: {error}"))),
        }
    }
}

async fn bind(host: &str, port: u16) -> Result<TcpListener, StartError> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let unknown = |error| StartError::HostUnknown { host: host.to_owned(), error };
    let mut addresses = tokio::net::lookup_host((bare, port)).await.map_err(unknown)?;
    let address = addresses.next().ok_or_else(|| unknown(io::Error::from(io::ErrorKind::NotFound)))?;
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken { port },
        _ => StartError::Bind { host: host.to_owned(), port, error },
    })
}

/// The default world: from the state file where there is one, else founded, so that the first call finds it ready.
fn prepare(hub: &Hub) -> Result<(), StartError> {
    let saved = match &hub.settings.state {
        Some(file) => read_state(file)?,
        None => None,
    };
    let make = || match &saved {
        None => hub.found(world_name::DEFAULT),
        Some(text) => {
            let mut world = engine::control::restore(&hub.contract, text).map_err(Bug)?;
            // It brings the faults that it was saved with.
            hub.arm_planned(&mut world)?;
            Ok(world)
        }
    };
    hub.add(world_name::DEFAULT, make).map(drop).map_err(|no_world| match (no_world, &hub.settings.state) {
        (NoWorld::Bug(Bug(reason)), Some(file)) if saved.is_some() => StartError::State { file: file.clone(), reason },
        (NoWorld::Bug(Bug(reason)), _) => StartError::World(reason),
        (other, _) => StartError::World(format!("{other:?}")),
    })
}

fn read_state(file: &Path) -> Result<Option<String>, StartError> {
    let failed = |reason| StartError::State { file: file.to_owned(), reason };
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        // Nothing was saved yet. That nothing could be is better said now than when there is something to lose.
        Err(error) if error.kind() == io::ErrorKind::NotFound => match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
                Err(failed(format!("there is no folder {}; make it first", folder.display())))
            }
            _ => Ok(None),
        },
        Err(error) => Err(failed(format!("cannot be read: {error}"))),
    }
}

/// Written beside the file first: a crash in between leaves the old state whole.
fn save_state(hub: &Hub, file: &Path) -> Result<(), StartError> {
    let Some(tenant) = hub.known(world_name::DEFAULT) else { return Ok(()) };
    let text = state::to_json(&tenant.lock().world);
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|error| StartError::State { file: file.to_owned(), reason: format!("cannot be written: {error}") })
}

async fn run(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    hub: Arc<Hub>,
    stop: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut stop = std::pin::pin!(stop);
    let mut connections: u64 = 0;
    loop {
        let accepted = async {
            let place = places.clone().acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => {
                connections += 1;
                let link = Link::new(hub.clone(), connections);
                let (watcher, tls) = (graceful.watcher(), tls.clone());
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    match tls {
                        None => connection(stream, link, watcher).await,
                        Some(tls) => {
                            if let Some(stream) = tls::handshake(&tls, stream).await {
                                connection(stream, link, watcher).await;
                            }
                        }
                    }
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(STOP_TIME_MAX, graceful.shutdown()).await;
    let saved = match &hub.settings.state {
        Some(file) => save_state(&hub, file),
        None => Ok(()),
    };
    hub.log.finish();
    saved
}

/// Serves one connection, HTTP/1.1 or HTTP/2 (by ALPN or with prior knowledge), until either side ends it.
async fn connection(socket: impl Socket, link: Arc<Link>, watcher: Watcher) {
    let front = Front::new(link.clone());
    let service = service_fn(move |request| {
        let front = front.clone();
        front.ask();
        front.respond(request)
    });
    let builder = builder();
    let tap = Tap::new(socket, link.clone());
    let serving = watcher.watch(builder.serve_connection(TokioIo::new(tap), service));
    let mut serving = std::pin::pin!(serving);
    // A peer that sends nothing, or half a protocol preface, is out of reach of the protocols' own time limits.
    let ended = tokio::time::timeout(HEAD_TIME_MAX + Duration::from_secs(1), serving.as_mut()).await;
    if ended.is_err() && link.was_asked() {
        // Whatever ends a connection (a reset, a cut on purpose, a malformed head) is that connection's affair.
        let _ = serving.await;
    }
    if let Some((script, socket)) = link.taken() {
        script.play(socket).await;
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .half_close(true);
    builder
        .http2()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_TIME_MAX)
        .keep_alive_timeout(HEAD_TIME_MAX)
        .max_header_list_size(HEAD_BYTES_MAX as u32);
    builder
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::TokenMissing { host } => write!(
                out,
                "{host} can be reached from other machines, which could then change worlds and clocks; \
                 pass --control-token, or --host 127.0.0.1"
            ),
            StartError::HostUnknown { host, error } => write!(out, "host {host:?} has no address: {error}"),
            StartError::PortTaken { port } => {
                write!(out, "port {port} is in use by another program; pass --port 0 or another port")
            }
            StartError::Bind { host, port, error } => write!(out, "cannot listen on {host}:{port}: {error}"),
            StartError::State { file, reason } => write!(out, "state file {}: {reason}", file.display()),
            StartError::Certificate { file, reason } => write!(out, "certificate {}: {reason}", file.display()),
            StartError::World(reason) => write!(out, "bug in standin while starting: {reason}"),
        }
    }
}

impl std::error::Error for StartError {}
