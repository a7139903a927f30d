//! `standin serve`: runs the fake until it is told to stop.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anstyle::Style;
use jiff::Timestamp;

use super::arguments::{LogArgument, ServeArguments};
use super::audit::conclude::Wanted;
use super::audit::session;
use super::failure::Failure;
use super::{faults, load, machine};
use crate::contract::Contract;
use crate::contract::operation::Operation;
use crate::server::{self, ClockSetting, LogForm, PlannedFault, Settings};

/// Most worker threads. The work of a call is short, and worlds are locked one by one.
const WORKERS_MAX: usize = 4;
/// Most faults that the greeting lists.
const FAULTS_SHOWN_MAX: usize = 20;

/// Serves, and gives the exit code.
pub fn run(arguments: &ServeArguments) -> Result<u8, Failure> {
    let mut settings = settings(arguments)?;
    let wanted = wanted(arguments)?;
    let contract = Arc::new(load::contract(&arguments.contract)?);
    settings.faults = faults::load(&arguments.faults, &contract)?;
    if wanted.is_some() {
        settings.watch = true;
        settings.judge = Some(session::judge(contract.clone(), settings.seed));
    }
    let runtime = machine::runtime(WORKERS_MAX).map_err(|error| Failure::usage(format!("cannot start: {error}")))?;
    runtime.block_on(serve(contract, settings, arguments.quiet, wanted))
}

/// What is asked of the audit, where the session is one.
fn wanted(arguments: &ServeArguments) -> Result<Option<Wanted>, Failure> {
    let asked = Wanted::read(&arguments.wanted)?;
    match arguments.audit {
        true => Ok(Some(asked)),
        false if asked.reports.is_empty() && asked.min_grade.is_none() => Ok(None),
        false => Err(Failure::usage("--report and --min-grade are about an audit; add --audit")),
    }
}

/// What the arguments mean for the server.
fn settings(arguments: &ServeArguments) -> Result<Settings, Failure> {
    let log = match arguments.log {
        LogArgument::Text => LogForm::Text,
        LogArgument::Json => LogForm::Json,
    };
    if arguments.control_token.as_ref().is_some_and(|token| token.trim().is_empty()) {
        return Err(Failure::usage("--control-token is empty; give it some text"));
    }
    Ok(Settings {
        host: arguments.host.clone(),
        port: arguments.port,
        seed: arguments.seed,
        clock: clock(&arguments.clock)?,
        control_token: arguments.control_token.clone(),
        allow_webhooks_to: arguments.allow_webhooks_to.clone(),
        state: arguments.state.clone(),
        tls: arguments.tls.then(|| arguments.tls_certificate.clone()),
        // Only the contract tells what they mean.
        faults: Vec::new(),
        log: (!arguments.quiet).then_some(log),
        watch: false,
        judge: None,
    })
}

fn clock(text: &str) -> Result<ClockSetting, Failure> {
    match text {
        "wall" => Ok(ClockSetting::Wall),
        "frozen" => Ok(ClockSetting::FROZEN),
        instant => match instant.parse::<Timestamp>() {
            Ok(instant) => Ok(ClockSetting::Frozen(instant.as_millisecond())),
            Err(_) => Err(Failure::usage(format!(
                "--clock {instant:?} is neither wall, frozen, nor an RFC 3339 instant like 2026-03-01T12:00:00Z"
            ))),
        },
    }
}

async fn serve(
    contract: Arc<Contract>,
    settings: Settings,
    quiet: bool,
    wanted: Option<Wanted>,
) -> Result<u8, Failure> {
    let stop = machine::stop_signal().map_err(|error| Failure::usage(format!("cannot watch for signals: {error}")))?;
    let (host, scheme, certificate) = (settings.host.clone(), settings.scheme(), settings.tls.clone());
    let (planned, seed) = (settings.faults.clone(), settings.seed);
    let (stop, stopped) = twice(stop);
    let serving = server::serve(contract.clone(), settings, stopped).await;
    let serving = serving.map_err(|error| Failure::usage(error.to_string()))?;
    let origin = origin(scheme, &host, serving.address);
    if !quiet {
        let mut text = banner(&contract, &origin, serving.credential(), certificate.as_deref());
        text.push_str(&armed(&planned));
        let _ = anstream::stderr().lock().write_all(text.as_bytes());
    }
    announce(&format!("standin ready {origin}{}", contract.operations.base));
    let sessions = match &wanted {
        // What the clients have under way belongs to the session, too.
        Some(_) => {
            stop.await;
            serving.all_settled(server::STOP_TIME_MAX).await;
            serving.sessions()
        }
        None => Vec::new(),
    };
    let finished = serving.finished().await.map_err(|error| Failure::usage(error.to_string()));
    // What was seen is told even where the state could not be saved.
    let concluded = match &wanted {
        Some(wanted) => session::conclude(&contract, seed, sessions, wanted),
        None => Ok(0),
    };
    finished.and(concluded)
}

/// One future as two that are ready with it: ours, and the server's.
fn twice(
    future: impl Future<Output = ()> + Send + 'static,
) -> (impl Future<Output = ()>, impl Future<Output = ()> + Send + 'static) {
    let (ready, mut first) = tokio::sync::watch::channel(false);
    let mut second = first.clone();
    tokio::spawn(async move {
        future.await;
        // Whoever is gone waits no more.
        let _ = ready.send(true);
    });
    // A sender that is gone has never been ready: its task lives as long as the runtime.
    let wait = async move { drop(first.wait_for(|ready| *ready).await) };
    (wait, async move { drop(second.wait_for(|ready| *ready).await) })
}

/// The one line that programs wait for.
fn announce(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// The host as typed where it is one that a client can use, with the port that was picked.
fn origin(scheme: &str, host: &str, address: SocketAddr) -> String {
    let port = address.port();
    match host {
        "" | "0.0.0.0" => format!("{scheme}://127.0.0.1:{port}"),
        "::" | "[::]" => format!("{scheme}://[::1]:{port}"),
        host if host.contains(':') && !host.starts_with('[') => format!("{scheme}://[{host}]:{port}"),
        host => format!("{scheme}://{host}:{port}"),
    }
}

/// For people: what runs where, and a call to try.
fn banner(
    contract: &Contract,
    origin: &str,
    credential: Option<(String, String)>,
    certificate: Option<&Path>,
) -> String {
    let bold = Style::new().bold();
    let base = &contract.operations.base;
    let mut text = format!("{bold}{}{bold:#} at {bold}{origin}{base}{bold:#}\n", contract.title());
    if let Some((header, value)) = &credential {
        _ = writeln!(text, "  credential  {header}: {value}");
    }
    let trust = certificate.map(|file| format!("--cacert {} ", quoted(file))).unwrap_or_default();
    if let Some(operation) = example(contract) {
        let url = format!("{origin}{}", contract.operations.path(operation));
        match &credential {
            Some((header, value)) if !operation.security.is_empty() => {
                _ = writeln!(text, "  try         curl {trust}-H '{header}: {value}' {url}");
            }
            _ => _ = writeln!(text, "  try         curl {trust}{url}"),
        }
    }
    _ = writeln!(text, "  control     {origin}/_standin/");
    if let Some(file) = certificate {
        let file = quoted(file);
        _ = writeln!(text, "  trust       NODE_EXTRA_CA_CERTS={file} or SSL_CERT_FILE={file}, until the next start");
    }
    text
}

/// For people: what is to go wrong from the start.
fn armed(planned: &[PlannedFault]) -> String {
    let mut text = String::new();
    for PlannedFault { world, fault } in planned.iter().take(FAULTS_SHOWN_MAX) {
        let world = world.as_ref().map(|name| format!(", in world {name}")).unwrap_or_default();
        _ = writeln!(text, "  fault       {fault}{world}");
    }
    if let Some(more) = planned.len().checked_sub(FAULTS_SHOWN_MAX).filter(|more| *more > 0) {
        _ = writeln!(text, "  fault       and {more} more");
    }
    text
}

/// A path that can be pasted into a shell, from any folder.
fn quoted(file: &Path) -> String {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let text = absolute.display().to_string();
    let plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A call that can be pasted: the first GET whose path needs nothing filled in, nor its query.
fn example(contract: &Contract) -> Option<&Operation> {
    let plain = |operation: &&Operation| {
        operation.method == http::Method::GET
            && !operation.template.contains('{')
            && operation.parameters.iter().all(|parameter| !parameter.required)
    };
    contract.operations.list.iter().find(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wall_frozen_or_an_instant() {
        assert_eq!(clock("wall").unwrap(), ClockSetting::Wall);
        assert_eq!(clock("frozen").unwrap(), ClockSetting::Frozen(1_767_225_600_000));
        assert_eq!(clock("2026-01-01T01:00:00+01:00").unwrap(), ClockSetting::Frozen(1_767_225_600_000));
        for bad in ["", "Wall", "now", "2026-01-01", "1767225600000"] {
            assert!(clock(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_origin_is_one_that_clients_can_use() {
        let address: SocketAddr = "127.0.0.1:80".parse().unwrap();
        for (host, shown) in [
            ("127.0.0.1", "http://127.0.0.1:80"),
            ("localhost", "http://localhost:80"),
            ("0.0.0.0", "http://127.0.0.1:80"),
            ("::", "http://[::1]:80"),
            ("::1", "http://[::1]:80"),
            ("[::1]", "http://[::1]:80"),
        ] {
            assert_eq!(origin("http", host, address), shown);
        }
    }
}
