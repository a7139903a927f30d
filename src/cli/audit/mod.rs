//! `standin audit`: runs a client against the fake while things go wrong, and grades it.
//!
//! ```text
//! settings ── what was typed; trials: the plan  environment ── what a client is told of its world
//! schedule ── baseline, then trial by trial ─── run ── one world, its clients, their calls
//!                                                └── process ── a client and all that it starts, bounded
//! conclude ── reports and the exit code         session ── a server that is watched while others run the clients
//! ```
//!
//! Everything that can be wrong with files and flags is found before the first run.

pub mod conclude;
mod environment;
mod process;
mod run;
mod schedule;
pub mod session;
mod settings;
pub mod trials;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::arguments::AuditArguments;
use super::failure::Failure;
use super::machine;
use crate::audit::knowledge::Knowledge;
use crate::audit::verdict::Audit;
use crate::server;
use settings::Settings;

/// A client below the least grade, or one that could not be judged.
const EXIT_BELOW: u8 = 1;
/// Somebody broke it off: as shells count SIGINT.
const EXIT_INTERRUPTED: u8 = 130;
/// Most worker threads: the clients need the processors, too.
const WORKERS_MAX: usize = 4;

/// Why an audit stops before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Interrupted,
    OutOfTime,
}

/// Ready once the audit is to stop.
type Stopping = watch::Receiver<Option<Stop>>;

/// Audits, tells, and gives the exit code.
pub fn run(arguments: &AuditArguments) -> Result<u8, Failure> {
    let settings = Arc::new(settings::read(arguments)?);
    let runtime = machine::runtime(WORKERS_MAX).map_err(|error| Failure::usage(format!("cannot start: {error}")))?;
    let done = runtime.block_on(audit(&settings))?;
    let audit = Audit::judge(&Knowledge::of(&settings.contract), done);
    conclude::write(&audit, &settings.wanted)?;
    Ok(conclude::exit_code(&audit, settings.wanted.min_grade))
}

async fn audit(settings: &Arc<Settings>) -> Result<crate::audit::verdict::Done, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
    let signal =
        machine::stop_signal().map_err(|error| Failure::usage(format!("cannot watch for signals: {error}")))?;
    let (close, closed) = tokio::sync::oneshot::channel::<()>();
    let serving = server::serve(settings.contract.clone(), settings.server(), async {
        let _ = closed.await;
    });
    let serving = Arc::new(serving.await.map_err(|error| failed(&error))?);
    let (stop, stopping) = watch::channel(None);
    let timeout = settings.timeout;
    let watcher = tokio::spawn(async move {
        let why = tokio::select! {
            () = signal => Stop::Interrupted,
            () = tokio::time::sleep(timeout) => Stop::OutOfTime,
        };
        // Nobody listens any more once the audit is done.
        let _ = stop.send(Some(why));
        std::future::pending::<()>().await;
    });
    let done = schedule::all(settings, &serving, stopping).await;
    watcher.abort();
    let _ = close.send(());
    if let Some(serving) = Arc::into_inner(serving) {
        // Connections that clients left behind are not worth waiting for.
        let _ = tokio::time::timeout(Duration::from_millis(100), serving.finished()).await;
    }
    Ok(done)
}
