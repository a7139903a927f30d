//! `standin review`: pending snapshots, one after the other, accepted or rejected.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use console::{Key, Term};
use serde_json::json;

use super::arguments::ReviewArguments;
use super::failure::Failure;
use super::run::EXIT_PENDING;
use super::run::snapshots::{APPROVED, PENDING, read, remove, save};
use crate::scenario::snapshot::{File, compare};

/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 32;

/// A snapshot that waits for a decision.
struct Pending {
    new: PathBuf,
    approved: PathBuf,
    fresh: File,
    diff: String,
}

/// What is there to look at.
struct Found {
    pending: Vec<Pending>,
    /// Why some cannot be read.
    broken: Vec<String>,
}

/// What is to be done with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Accept,
    Reject,
    Skip,
}

pub fn run(arguments: &ReviewArguments) -> Result<u8, Failure> {
    let Found { pending, broken } = find(&arguments.paths)?;
    // What cannot be read does not keep the others from being looked at.
    let unread = || match broken.as_slice() {
        [] => None,
        broken => Some(Failure::usage(format!("{}; delete it, and run the scenarios again", broken.join("; ")))),
    };
    if arguments.json {
        let code = list(&pending)?;
        return unread().map_or(Ok(code), Err);
    }
    if pending.is_empty() {
        if let Some(failure) = unread() {
            return Err(failure);
        }
        say("no snapshots are pending");
        return Ok(0);
    }
    let all = match (arguments.accept, arguments.reject) {
        (true, _) => Some(Decision::Accept),
        (_, true) => Some(Decision::Reject),
        _ if !Term::stdout().is_term() || !std::io::stdin().is_terminal() => {
            let message = format!(
                "{} snapshots are pending, and this is no terminal: use --accept, --reject or --json",
                pending.len()
            );
            return Err(Failure::usage(message));
        }
        _ => None,
    };
    let code = decide(&pending, all)?;
    unread().map_or(Ok(code), Err)
}

/// Asks for each until one answer settles all that are left.
fn decide(pending: &[Pending], mut all: Option<Decision>) -> Result<u8, Failure> {
    let (mut accepted, mut rejected, mut left) = (0, 0, 0);
    for (index, one) in pending.iter().enumerate() {
        let decision = match all {
            Some(decision) => decision,
            None => {
                show(one, index + 1, pending.len());
                let (decision, rest) = ask();
                all = rest.then_some(decision);
                decision
            }
        };
        match decision {
            Decision::Accept => {
                save(&one.approved, &one.fresh.write())?;
                remove(&one.new)?;
                accepted += 1;
            }
            Decision::Reject => {
                remove(&one.new)?;
                rejected += 1;
            }
            Decision::Skip => left += 1,
        }
    }
    say(&format!("{accepted} accepted, {rejected} rejected, {left} left pending"));
    Ok(if left == 0 { 0 } else { EXIT_PENDING })
}

/// The decision, and whether it holds for all that are left.
fn ask() -> (Decision, bool) {
    let terminal = Term::stdout();
    loop {
        let _ = terminal.write_line("a accept, r reject, s skip, A accept all that are left, q quit");
        match terminal.read_key() {
            Ok(Key::Char('a')) => return (Decision::Accept, false),
            Ok(Key::Char('r')) => return (Decision::Reject, false),
            Ok(Key::Char('s')) => return (Decision::Skip, false),
            Ok(Key::Char('A')) => return (Decision::Accept, true),
            Ok(Key::Char('q') | Key::Escape | Key::CtrlC) | Err(_) => return (Decision::Skip, true),
            Ok(_) => {}
        }
    }
}

fn show(one: &Pending, number: usize, of: usize) {
    let bold = Style::new().bold();
    let mut text = format!("\n{bold}{number}/{of} {}{bold:#}\n", one.approved.display());
    text.push_str(&format!("{} of {}\n\n", one.fresh.expression, one.fresh.source));
    for line in one.diff.lines() {
        let style = match line.bytes().next() {
            Some(b'+') => Style::new().fg_color(Some(AnsiColor::Green.into())),
            Some(b'-') => Style::new().fg_color(Some(AnsiColor::Red.into())),
            _ => Style::new(),
        };
        text.push_str(&format!("{style}{line}{style:#}\n"));
    }
    let _ = anstream::stdout().lock().write_all(text.as_bytes());
}

fn list(pending: &[Pending]) -> Result<u8, Failure> {
    let listed: Vec<_> = pending
        .iter()
        .map(|one| {
            json!({
                "snapshot": one.approved.to_string_lossy(),
                "pending": one.new.to_string_lossy(),
                "source": one.fresh.source,
                "workflow": one.fresh.expression,
                "diff": one.diff,
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({ "pending": listed })).unwrap_or_default();
    say(&text);
    Ok(if pending.is_empty() { 0 } else { EXIT_PENDING })
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn find(paths: &[String]) -> Result<Found, Failure> {
    let mut files = Vec::new();
    for name in paths {
        let path = Path::new(name);
        if path.is_dir() {
            walk(path, 0, &mut files);
        } else if is_pending(path) && path.exists() {
            files.push(path.to_owned());
        } else if path.with_extension(PENDING).exists() {
            files.push(path.with_extension(PENDING));
        } else if !path.exists() {
            return Err(Failure::usage(format!("there is no {name}; name the folder of the snapshots")));
        }
    }
    let mut found = Found { pending: Vec::new(), broken: Vec::new() };
    let mut seen = BTreeSet::new();
    for file in files.into_iter().filter(|file| seen.insert(file.clone())) {
        match pending(file) {
            Ok(one) => found.pending.push(one),
            Err(why) => found.broken.push(why),
        }
    }
    Ok(found)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        // Links may lead round in circles.
        if path.is_dir() && !path.is_symlink() && depth < DEPTH_MAX {
            walk(&path, depth + 1, files);
        } else if is_pending(&path) {
            files.push(path);
        }
    }
}

fn is_pending(path: &Path) -> bool {
    path.to_string_lossy().ends_with(&format!(".{PENDING}"))
}

/// The error says why it cannot be read.
fn pending(new: PathBuf) -> Result<Pending, String> {
    let fresh = read(&new)?.ok_or_else(|| format!("{} is gone", new.display()))?;
    // `NAME.snap.new` stands for `NAME.snap`. An approved one that cannot be read is replaced whole.
    let approved = new.with_extension("");
    debug_assert!(approved.to_string_lossy().ends_with(APPROVED));
    let known = read(&approved).ok().flatten().map(|file| file.contents).unwrap_or_default();
    let diff = compare(&known, &fresh.contents, &[]).map(|difference| difference.diff).unwrap_or_default();
    Ok(Pending { new, approved, fresh, diff })
}
