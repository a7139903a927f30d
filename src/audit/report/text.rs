//! For a terminal: a line for each rule, each broken one in full with what shows it drawn, the trials, and the grade at the end, where it is
//! seen.

use console::measure_text_width;

use super::model::{EndState, Evidence, Outcome, Report, Rule, Run, Trial};
use super::timeline::Timeline;
use super::{drawn, words};
use crate::audit::rule::Severity;
use crate::report::Look;
use crate::report::plain::{self, padding};

/// Narrower windows are treated as this wide: shorter lines would tell nothing.
const WIDTH_MIN: usize = 40;
const WIDTH_MAX: usize = 400;
/// Columns before what shows a rule's verdict, and before its drawing.
const INDENT: usize = 4;
const DRAWING_INDENT: usize = 6;
/// Columns of the names at the left of the numbers.
const LABEL_WIDTH: usize = 8;
/// Lines of a client's output that are shown where it could not be judged.
const OUTPUT_LINES_MAX: usize = 20;
const GAP: &str = "  ";

pub fn render(report: &Report, look: Look) -> String {
    let mut page = Page::new(look);
    page.head(report);
    for (family, rules) in words::families(report) {
        page.family(family, &rules, &report.rules);
    }
    for rule in report.rules.iter().filter(|rule| rule.outcome == Outcome::Failed) {
        page.push("");
        page.rule(rule, report);
    }
    page.trials(report);
    if report.ended.state == EndState::Unjudged {
        page.output(report.runs.last());
    }
    page.totals(report);
    page.text
}

/// All that is told of one rule beside its line in the table.
pub fn in_full(rule: &Rule, report: &Report, look: Look) -> String {
    let mut page = Page::new(look);
    page.rule(rule, report);
    page.text
}

/// The trials, and the client's output where it could not be judged.
pub fn about_runs(report: &Report, look: Look) -> String {
    let mut page = Page::new(look);
    page.trials(report);
    if report.ended.state == EndState::Unjudged {
        page.output(report.runs.last());
    }
    page.text.trim_start_matches('\n').to_owned()
}

/// Text under way.
struct Page {
    text: String,
    look: Look,
}

impl Page {
    fn new(look: Look) -> Page {
        Page { text: String::new(), look: Look { width: look.width.clamp(WIDTH_MIN, WIDTH_MAX), ..look } }
    }

    fn head(&mut self, report: &Report) {
        let service = self.look.bold(&plain::line(&report.service, self.width(40)));
        self.push(&format!("audit of a client of {service}{GAP}{}", self.look.dim(&format!("seed {}", report.seed))));
        if !report.command.is_empty() {
            let command = plain::line(&report.command.join(" "), self.width(2));
            self.push(&format!("  {}", self.look.dim(&command)));
        }
    }

    fn family(&mut self, family: &str, rules: &[&Rule], all: &[Rule]) {
        self.push("");
        self.push(&self.look.bold(&plain::single(family)));
        let code_width = all.iter().map(|rule| measure_text_width(&rule.code)).max().unwrap_or(0);
        let severity_width = all.iter().map(|rule| rule.severity.word().len()).max().unwrap_or(0);
        let taken = "  ✓ ".chars().count() + code_width + severity_width + 2 * GAP.len();
        let room = self.width(taken);
        for rule in rules {
            let mark = match rule.outcome {
                Outcome::Passed => self.look.good(rule.outcome.mark()),
                Outcome::Failed => self.look.bad(rule.outcome.mark()),
                Outcome::Undecided => self.look.dim(rule.outcome.mark()),
            };
            let severity = rule.severity.word();
            let shown = match rule.outcome {
                Outcome::Failed => self.severity(rule.severity, severity),
                _ => self.look.dim(severity),
            };
            // In a narrow window the code says enough; what is cut to a few letters says nothing.
            let title = if room >= WIDTH_MIN / 2 { plain::line(&rule.title, room) } else { String::new() };
            let title = if rule.outcome == Outcome::Failed { title } else { self.look.dim(&title) };
            let code = format!("{}{}", rule.code, padding(&rule.code, code_width));
            let severity = format!("{shown}{}", padding(severity, severity_width));
            self.push(format!("  {mark} {code}{GAP}{severity}{GAP}{title}").trim_end());
            if let Some(reason) = &rule.reason {
                for line in plain::wrap(&plain::single(reason), self.width(INDENT + 2)) {
                    let line = plain::cut(&line, self.width(INDENT + 2));
                    self.push(&format!("{:INDENT$}{}", "", self.look.dim(&format!("  {line}"))));
                }
            }
        }
    }

    fn rule(&mut self, rule: &Rule, report: &Report) {
        let head = format!("{}[{}]", rule.severity.word(), rule.code);
        let lines = plain::wrap(&format!("{head}: {}", plain::single(&rule.title)), self.look.width);
        for (index, line) in lines.iter().enumerate() {
            // The head is one word, so that it always stands whole in the first line.
            match line.strip_prefix(&head) {
                Some(rest) if index == 0 => {
                    let line = format!("{}{}", self.severity(rule.severity, &head), self.look.bold(rest));
                    self.push(&line);
                }
                _ => self.push(&self.look.bold(line)),
            }
        }
        self.push(&format!("  {}", self.look.dim(&plain::line(&rule.source, self.width(2)))));
        for evidence in &rule.evidence {
            self.evidence(evidence, report);
        }
    }

    fn evidence(&mut self, evidence: &Evidence, report: &Report) {
        let Some(run) = report.runs.get(evidence.run) else { return };
        self.push("");
        for line in plain::wrap(&plain::single(&evidence.text), self.width(2)) {
            self.push(&format!("  {}", plain::cut(&line, self.width(2))));
        }
        let trial = plain::line(&run_name(run), self.width(INDENT));
        self.push(&format!("{:INDENT$}{}", "", self.look.dim(&trial)));
        let Some(timeline) = Timeline::of(evidence, run) else { return };
        for line in drawn::lines(&timeline, DRAWING_INDENT, self.look) {
            self.push(format!("{:DRAWING_INDENT$}{line}", "").trim_end());
        }
        if let Some(more) = plain::more(evidence.exchanges_left_out, "exchange") {
            self.push(&format!("{:DRAWING_INDENT$}{}", "", self.look.dim(&more)));
        }
    }

    fn trials(&mut self, report: &Report) {
        if report.trials.is_empty() {
            return;
        }
        self.push("");
        self.push(&self.look.bold("Trials"));
        let names: Vec<String> =
            report.trials.iter().map(|trial| plain::line(&trial.name, self.look.width / 3)).collect();
        let width = names.iter().map(|name| measure_text_width(name)).max().unwrap_or(0);
        for (trial, name) in report.trials.iter().zip(&names) {
            let (mark, told) = match &trial.skipped {
                Some(reason) => ("–", format!("skipped: {reason}")),
                None => ("▸", ran(trial, report)),
            };
            let lead = 2 + 2 + width + GAP.len();
            let mut name = format!("{}{}", name, padding(name, width));
            let mut mark = self.look.dim(mark);
            for line in plain::wrap(&plain::single(&told), self.width(lead)) {
                let line = self.look.dim(&plain::cut(&line, self.width(lead)));
                self.push(&format!("  {mark} {name}{GAP}{line}"));
                name = " ".repeat(width);
                mark = " ".to_owned();
            }
        }
    }

    /// The end of what the client wrote, which may say what is wrong with it.
    fn output(&mut self, run: Option<&Run>) {
        for (name, text) in
            run.iter().flat_map(|run| [("standard output", &run.stdout), ("standard error", &run.stderr)])
        {
            if text.trim().is_empty() {
                continue;
            }
            self.push("");
            self.push(&self.look.bold(&format!("the end of its {name}")));
            let lines: Vec<&str> = text.trim_end().lines().collect();
            let from = lines.len().saturating_sub(OUTPUT_LINES_MAX);
            for line in &lines[from..] {
                self.push(&format!("  {}", plain::cut(line, self.width(2))));
            }
        }
    }

    fn totals(&mut self, report: &Report) {
        self.push("");
        let rules = report.summary.rules;
        let kinds = [(rules.passed, "kept"), (rules.failed, "broken"), (rules.undecided, "undecided")];
        self.number("rules", &list(&kinds));
        let trials = report.summary.trials;
        self.number("trials", &list(&[(trials.run, "run"), (trials.skipped, "skipped")]));
        let mut seen = vec![plain::count(report.summary.exchanges, "exchange")];
        if report.summary.deliveries > 0 {
            seen.push(format!("{} to deliver", plain::count(report.summary.deliveries, "attempt")));
        }
        self.number("seen", &format!("{} in {}", seen.join(", "), words::span(report.summary.took_us)));
        if let Some(score) = words::score(report) {
            self.number("score", &score);
        }
        self.push("");
        if let Some(reason) = words::not_whole(report) {
            for line in plain::wrap(&plain::single(&format!("not whole: {reason}")), self.look.width) {
                self.push(&self.look.doubtful(&line));
            }
        }
        let summary = plain::single(&words::summary(report));
        for line in plain::wrap(&summary, self.look.width) {
            let broken = report.summary.rules.failed > 0 || report.grade.is_none();
            self.push(&if broken { self.look.bad(&line) } else { self.look.good(&line) });
        }
    }

    fn number(&mut self, label: &str, told: &str) {
        let mut label = format!("{label:<LABEL_WIDTH$}");
        for line in plain::wrap(told, self.width(LABEL_WIDTH)) {
            self.push(&format!("{}{line}", self.look.dim(&label)));
            label = " ".repeat(LABEL_WIDTH);
        }
    }

    fn severity(&self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Critical | Severity::Error => self.look.bad(text),
            Severity::Warning => self.look.doubtful(text),
            Severity::Note => self.look.dim(text),
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn width(&self, taken: usize) -> usize {
        self.look.width.saturating_sub(taken)
    }
}

/// `in the trial unavailable, run 2`.
pub fn run_name(run: &Run) -> String {
    let trial = plain::single(&run.trial);
    if run.number > 1 { format!("trial {trial}, run {}", run.number) } else { format!("trial {trial}") }
}

/// What a trial's runs saw, and how they ended: `2 runs, 14 exchanges, exit 0, 1.20 s`.
pub fn ran(trial: &Trial, report: &Report) -> String {
    let runs: Vec<&Run> = trial.runs.iter().filter_map(|at| report.runs.get(*at)).collect();
    let exchanges = runs.iter().map(|run| run.exchanges.len() + run.exchanges_left_out).sum();
    let mut told = vec![plain::count(exchanges, "exchange")];
    if runs.len() != 1 {
        told.insert(0, plain::count(runs.len(), "run"));
    }
    let exits = words::exits(runs.iter().map(|run| run.exit));
    told.extend(Some(exits).filter(|exits| !exits.is_empty()));
    told.push(words::span(runs.iter().fold(0, |sum: u64, run| sum.saturating_add(run.took_us))));
    let missed = runs.iter().flat_map(|run| &run.faults).filter(|fault| fault.hits == 0).count();
    if missed > 0 {
        told.push(format!("{} hit nothing", plain::count(missed, "fault")));
    }
    told.join(", ")
}

/// What there is any of; `none` where there is nothing.
fn list(kinds: &[(usize, &str)]) -> String {
    let told: Vec<String> =
        kinds.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}
