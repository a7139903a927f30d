//! What is shown while workflows or trials run: a bar on a terminal, a line each elsewhere when it takes its time.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    lines: bool,
}

impl Progress {
    /// `slow`: is each of so many worth a line of its own, where there is no terminal?
    pub fn new(count: usize, quiet: bool, slow: bool) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(count as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Progress { bar, lines: !terminal && !quiet && slow }
    }

    pub fn started(&self, name: &str) {
        self.bar.set_message(name.to_owned());
    }

    pub fn finished(&self, name: &str, verdict: &str, milliseconds: u128) {
        self.bar.inc(1);
        if self.lines {
            let _ = writeln!(std::io::stderr().lock(), "{verdict:<11} {name} ({milliseconds} ms)");
        }
    }

    /// A line on standard error, above the bar.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        });
    }

    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}
