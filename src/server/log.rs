//! One line per call on standard error, as text or as JSON. Written by a thread of its own, so that no call waits for a terminal.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use http::Method;
use serde::Serialize;

use super::settings::LogForm;
use crate::mask::query;
use crate::world::journal::Cause;

/// Most lines that wait to be written. A line that finds no room is dropped and counted.
pub const LINES_MAX: usize = 8_192;
/// Width of the operation's column; longer ones push the rest to the right.
const OPERATION_WIDTH: usize = 24;
const PATH_WIDTH: usize = 40;

/// Where lines go.
#[derive(Debug)]
pub struct Log {
    lines: Option<SyncSender<Line>>,
    lost: Arc<AtomicU64>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// The facts of one call.
#[derive(Debug)]
pub struct CallLine {
    pub method: Method,
    pub path: String,
    pub query: Option<String>,
    pub status: u16,
    pub operation: Option<Arc<str>>,
    pub world: Arc<str>,
    pub took: Duration,
    /// What the fault did to the wire, if anything.
    pub wire: Option<&'static str>,
    pub causes: Vec<Cause>,
}

enum Line {
    Call(CallLine),
    Bug { doing: String, message: String },
    End,
}

/// Most causes that a line names: the last ones say what stopped the call.
const CAUSES_SHOWN: usize = 2;

impl Log {
    pub fn new(form: Option<LogForm>) -> Log {
        let lost = Arc::new(AtomicU64::new(0));
        let Some(form) = form else { return Log { lines: None, lost, writer: Mutex::new(None) } };
        let (sender, receiver) = sync_channel(LINES_MAX);
        let counter = lost.clone();
        let writer = std::thread::Builder::new().name("log".to_owned()).spawn(move || drain(&receiver, form, &counter));
        // Without a thread there is no log; the calls matter more.
        let (lines, writer) = match writer {
            Ok(writer) => (Some(sender), Some(writer)),
            Err(_) => (None, None),
        };
        Log { lines, lost, writer: Mutex::new(writer) }
    }

    /// Is anyone reading? Spares the work of collecting a line's facts.
    pub fn is_on(&self) -> bool {
        self.lines.is_some()
    }

    pub fn call(&self, line: CallLine) {
        self.send(Line::Call(line));
    }

    /// A bug of ours is told even when calls are not logged.
    pub fn bug(&self, doing: &str, message: &str) {
        let line = Line::Bug { doing: doing.to_owned(), message: message.to_owned() };
        if self.is_on() {
            self.send(line);
        } else {
            write_out(&mut anstream::stderr().lock(), &text(&line));
        }
    }

    /// Writes what waits and ends the thread.
    pub fn finish(&self) {
        if let Some(lines) = &self.lines {
            let _ = lines.send(Line::End);
        }
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = writer.join();
        }
    }

    fn send(&self, line: Line) {
        if let Some(lines) = &self.lines
            && lines.try_send(line).is_err()
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn drain(lines: &Receiver<Line>, form: LogForm, lost: &AtomicU64) {
    while let Ok(line) = lines.recv() {
        // Lines that came meanwhile are written in one go.
        let mut batch = String::new();
        let mut next = Some(line);
        let mut ended = false;
        while let Some(line) = next {
            match (line, form) {
                (Line::End, _) => ended = true,
                (line, LogForm::Text) => batch.push_str(&text(&line)),
                (line, LogForm::Json) => batch.push_str(&json(&line)),
            }
            next = if batch.len() < 64 * 1024 { lines.try_recv().ok() } else { None };
        }
        match (lost.swap(0, Ordering::Relaxed), form) {
            (0, _) => {}
            (lost, LogForm::Text) => _ = writeln!(batch, "... {lost} lines left out: too many calls at once"),
            (lost, LogForm::Json) => _ = writeln!(batch, "{{\"lost\":{lost}}}"),
        }
        write_out(&mut anstream::stderr().lock(), &batch);
        if ended {
            return;
        }
    }
}

/// A closed standard error is nobody's fault.
fn write_out(out: &mut impl std::io::Write, text: &str) {
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

fn text(line: &Line) -> String {
    match line {
        Line::End => String::new(),
        Line::Bug { doing, message } => {
            let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
            format!("{red}bug in standin{red:#} while {doing}: {message}\n")
        }
        Line::Call(call) => {
            let style = Style::new().fg_color(Some(colour(call.status).into()));
            let dim = Style::new().dimmed();
            let operation = call.operation.as_deref().unwrap_or("-");
            let status = match call.wire {
                None => call.status.to_string(),
                Some(wire) => format!("{} ({wire})", call.status),
            };
            let mut text = format!(
                "{:<6} {:<PATH_WIDTH$} {style}{status}{style:#} {operation:<OPERATION_WIDTH$} {dim}{}{dim:#} {}",
                call.method.as_str(),
                target(call),
                call.world,
                took(call.took),
            );
            if let Some(why) = why(call) {
                _ = write!(text, "  {why}");
            }
            text.push('\n');
            text
        }
    }
}

#[derive(Serialize)]
struct JsonLine<'a> {
    method: &'a str,
    path: String,
    status: u16,
    operation: Option<&'a str>,
    world: &'a str,
    micros: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Serialize)]
struct JsonBug<'a> {
    bug: &'a str,
    message: &'a str,
}

fn json(line: &Line) -> String {
    let written = match line {
        Line::End => return String::new(),
        Line::Bug { doing, message } => serde_json::to_string(&JsonBug { bug: doing, message }),
        Line::Call(call) => serde_json::to_string(&JsonLine {
            method: call.method.as_str(),
            path: target(call),
            status: call.status,
            operation: call.operation.as_deref(),
            world: &call.world,
            micros: u64::try_from(call.took.as_micros()).unwrap_or(u64::MAX),
            wire: call.wire,
            why: why(call),
        }),
    };
    written.map(|text| text + "\n").unwrap_or_default()
}

/// Path and query, secrets masked, control characters escaped.
fn target(call: &CallLine) -> String {
    let path = call.path.escape_debug();
    match &call.query {
        None => path.to_string(),
        Some(query) => format!("{path}?{}", query::masked(query).escape_debug()),
    }
}

/// What stopped the call, and the faults that it met; nothing for one that went well.
fn why(call: &CallLine) -> Option<String> {
    let stopped = call.status >= 400 || call.wire.is_some();
    let last = if stopped { call.causes.len().saturating_sub(CAUSES_SHOWN) } else { call.causes.len() };
    let told = call.causes.iter().enumerate().filter(|(index, cause)| *index >= last || cause.kind == "fault");
    let texts: Vec<_> = told.map(|(_, cause)| format!("{}: {}", cause.kind, cause.text.escape_debug())).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn took(took: Duration) -> String {
    match took.as_micros() {
        micros @ 0..1_000 => format!("{micros}µs"),
        micros @ 1_000..10_000 => format!("{:.1}ms", micros as f64 / 1_000.0),
        micros => format!("{}ms", micros / 1_000),
    }
}

fn colour(status: u16) -> AnsiColor {
    match status {
        0..300 => AnsiColor::Green,
        300..400 => AnsiColor::Cyan,
        400..500 => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(status: u16) -> Line {
        Line::Call(CallLine {
            method: Method::GET,
            path: "/v1/things".to_owned(),
            query: Some("page=1&token=abc".to_owned()),
            status,
            operation: Some("listThings".into()),
            world: "default".into(),
            took: Duration::from_micros(120),
            wire: None,
            causes: vec![
                Cause::new("route", "listThings"),
                Cause::new("caller", "no credential"),
                Cause::new("error", "unauthorized"),
            ],
        })
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_good_call_is_one_line_without_reasons() {
        let text = plain(&text(&line(200)));
        assert_eq!(
            text,
            "GET    /v1/things?page=1&token=***              200 listThings               default 120µs\n"
        );
    }

    #[test]
    fn a_refused_call_says_why() {
        let text = plain(&text(&line(401)));
        assert!(text.ends_with("  caller: no credential; error: unauthorized\n"), "{text}");
    }

    #[test]
    fn a_call_that_met_a_fault_says_so_even_when_it_went_well() {
        let Line::Call(mut call) = line(200) else { unreachable!() };
        call.causes.insert(1, Cause::new("fault", "latency of 50 ms (fault 1)"));
        let told = plain(&text(&Line::Call(call)));
        assert!(told.ends_with(" 120µs  fault: latency of 50 ms (fault 1)\n"), "{told}");
        let Line::Call(mut call) = line(503) else { unreachable!() };
        call.causes.insert(0, Cause::new("fault", "status 503 (fault 1)"));
        let told = plain(&text(&Line::Call(call)));
        assert!(
            told.ends_with("  fault: status 503 (fault 1); caller: no credential; error: unauthorized\n"),
            "{told}"
        );
    }

    #[test]
    fn json_has_the_same_facts() {
        let value: serde_json::Value = serde_json::from_str(&json(&line(401))).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "method": "GET", "path": "/v1/things?page=1&token=***", "status": 401, "operation": "listThings",
                "world": "default", "micros": 120, "why": "caller: no credential; error: unauthorized",
            })
        );
    }

    #[test]
    fn a_path_cannot_break_the_line() {
        let Line::Call(mut call) = line(200) else { unreachable!() };
        call.path = "/a\u{1b}[2J\nb".to_owned();
        let text = text(&Line::Call(call));
        assert_eq!(text.lines().count(), 1);
        assert!(!text.contains("\u{1b}[2J"));
    }

    #[test]
    fn a_quiet_log_takes_lines_and_ends() {
        let log = Log::new(None);
        assert!(!log.is_on());
        log.finish();
    }
}
