//! One page that works offline and needs no script: the grade, every rule with what shows its verdict, drawn, and the trials.

mod rule;
mod shapes;

use super::model::{EndState, Outcome, Report, Run, Trial};
use super::{text, words};
use crate::report::markup::Markup;
use crate::report::page::{self, Page, number, part};
use crate::report::plain;

const PAGE: Page = Page { style: include_str!("audit.css"), script: None };
/// Broken rules that are named at the top, and columns of what is said of each.
const BROKEN_MAX: usize = 12;
const HEADLINE_WIDTH_MAX: usize = 160;
/// Lines of a client's output that are shown where it could not be judged.
const OUTPUT_LINES_MAX: usize = 40;
const OUTPUT_WIDTH_MAX: usize = 400;

pub fn render(report: &Report) -> String {
    let mut page = Markup::default();
    let grade = report.grade.map_or("No grade".to_owned(), |grade| format!("Grade {grade}"));
    PAGE.begin(&format!("{grade} – a client of {}", report.service), &mut page);
    page.raw("<a class=\"skip\" href=\"#rules\">Skip to the rules</a>\n");
    header(&grade, report, &mut page);
    page.raw("<main>\n");
    if report.ended.state == EndState::Unjudged
        && let Some(run) = report.runs.last()
    {
        output(run, &mut page);
    }
    rules(report, &mut page);
    trials(report, &mut page);
    page.raw("</main>\n");
    PAGE.end(&report.tool, &mut page);
    page.finish()
}

fn header(grade: &str, report: &Report, page: &mut Markup) {
    let (class, mark) = match report.grade {
        None => ("empty", "–".to_owned()),
        Some(grade) if report.summary.rules.failed == 0 => ("passed", grade.to_string()),
        Some(grade) => ("failed", grade.to_string()),
    };
    page::verdict(class, &mark, page);
    page.element("h1", "", grade).raw("<p>A client of ").element("strong", "", &plain::single(&report.service));
    page.text(&format!(", seed {}", report.seed)).raw("</p>");
    if !report.command.is_empty() {
        page.raw("<p>").element("code", "", &plain::single(&report.command.join(" "))).raw("</p>");
    }
    page.raw("<p>").text(&plain::single(&words::summary(report))).raw("</p>");
    if let Some(score) = words::score(report) {
        page.raw("<p>").text(&score).raw("</p>");
    }
    if let Some(reason) = words::not_whole(report) {
        page.raw("<p><strong>Not whole:</strong> ").prose(reason).raw("</p>");
    }
    page.raw("</div></div>\n");
    numbers(report, page);
    what_broke(report, page);
    page.raw("</header>\n");
}

fn numbers(report: &Report, page: &mut Markup) {
    let rules = report.summary.rules;
    page.raw("<dl class=\"numbers\">\n");
    number("Rules", rules.passed + rules.failed + rules.undecided, page);
    page.raw("<dd class=\"parts\">");
    part("good", "✓", rules.passed, "kept", page);
    part("bad", "✗", rules.failed, "broken", page);
    part("quiet", "?", rules.undecided, "undecided", page);
    page.raw("</dd></div>\n");
    let broken = report.summary.broken;
    number("Broken", rules.failed, page);
    page.raw("<dd class=\"parts\">");
    part("bad", "✗", broken.critical, "critical", page);
    part("bad", "✗", broken.error, "error", page);
    part("doubtful", "!", broken.warning, "warning", page);
    part("quiet", "i", broken.note, "note", page);
    page.raw("</dd></div>\n");
    let trials = report.summary.trials;
    number("Trials", trials.run + trials.skipped, page);
    page.raw("<dd class=\"parts\">");
    part("good", "▸", trials.run, "run", page);
    part("quiet", "–", trials.skipped, "skipped", page);
    page.raw("</dd></div>\n");
    number("Exchanges", report.summary.exchanges, page);
    page.raw("<dd class=\"parts\">");
    part("quiet", "↩", report.summary.deliveries, "attempts to deliver", page);
    page.element("span", "quiet", &words::span(report.summary.took_us)).raw("</dd></div>\n</dl>\n");
}

/// Ways to what is wrong, for a reader in a hurry.
fn what_broke(report: &Report, page: &mut Markup) {
    let broken: Vec<_> = report.rules.iter().filter(|rule| rule.outcome == Outcome::Failed).collect();
    if broken.is_empty() {
        return;
    }
    page.raw("<nav aria-label=\"What was broken\"><ul>\n");
    for rule in broken.iter().take(BROKEN_MAX) {
        page.raw("<li><a").attribute("href", &format!("#{}", rule::id(rule))).raw(">").text(&rule.code).raw("</a> ");
        let shown = rule.evidence.first().map_or(&rule.title, |evidence| &evidence.text);
        page.raw("<span>").prose(&plain::line(shown, HEADLINE_WIDTH_MAX)).raw("</span></li>\n");
    }
    if let Some(more) = plain::more(broken.len().saturating_sub(BROKEN_MAX), "rule") {
        page.raw("<li><a href=\"#rules\">").text(&more).raw("</a></li>\n");
    }
    page.raw("</ul></nav>\n");
}

fn rules(report: &Report, page: &mut Markup) {
    page.raw("<section aria-labelledby=\"rules\">\n<h2 id=\"rules\">Rules</h2>\n");
    if report.rules.is_empty() {
        page.raw("<p class=\"quiet\">No rule was judged.</p>\n");
    }
    for (family, rules) in words::families(report) {
        page.element("h3", "family", &plain::single(family)).raw("\n");
        for rule in rules {
            rule::write(rule, report, page);
        }
    }
    page.raw("</section>\n");
}

fn trials(report: &Report, page: &mut Markup) {
    if report.trials.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"trials\">\n<h2 id=\"trials\">Trials</h2>\n<div class=\"card scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"trials\"><table>\n");
    page.raw("<thead><tr><th scope=\"col\">Trial</th><th scope=\"col\">What it is</th><th scope=\"col\">What came of it</th></tr></thead>\n<tbody>\n");
    for trial in &report.trials {
        page.raw("<tr><th scope=\"row\"><code>").text(&plain::single(&trial.name)).raw("</code></th>");
        page.raw("<td>").prose(&plain::single(&trial.title)).raw("</td><td>").prose(&came_of(trial, report));
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n</section>\n");
}

fn came_of(trial: &Trial, report: &Report) -> String {
    match &trial.skipped {
        Some(reason) => format!("skipped: {}", plain::single(reason)),
        None => text::ran(trial, report),
    }
}

/// The end of what the client wrote, which may say what is wrong with it.
fn output(run: &Run, page: &mut Markup) {
    for (name, text) in [("Standard output", &run.stdout), ("Standard error", &run.stderr)] {
        let lines: Vec<&str> = text.trim_end().lines().collect();
        if lines.iter().all(|line| line.trim().is_empty()) {
            continue;
        }
        page.raw("<section class=\"card\">\n").element("h3", "", &format!("{name}, its end")).raw("\n<pre>");
        for line in &lines[lines.len().saturating_sub(OUTPUT_LINES_MAX)..] {
            page.text(&plain::cut(line, OUTPUT_WIDTH_MAX)).raw("\n");
        }
        page.raw("</pre>\n</section>\n");
    }
}
