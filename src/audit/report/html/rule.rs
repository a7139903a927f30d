//! A rule: its verdict, where it is from, and what shows it.

use super::super::model::{End, Evidence, Exchange, Outcome, Performed, Report, Rule, Run};
use super::super::timeline::Timeline;
use super::super::{text, words};
use super::shapes;
use crate::audit::rule::Severity;
use crate::report::markup::Markup;
use crate::report::plain;

/// Exchanges that are listed for one piece of evidence.
const ROWS_MAX: usize = 50;
/// Columns of a target.
const TARGET_WIDTH_MAX: usize = 160;

/// What links to the rule.
pub fn id(rule: &Rule) -> String {
    format!("rule-{}", rule.code)
}

pub fn write(rule: &Rule, report: &Report, page: &mut Markup) {
    let class = match rule.outcome {
        Outcome::Passed => "card rule passed",
        Outcome::Failed => "card rule failed",
        Outcome::Undecided => "card rule skipped",
    };
    page.raw("<details").attribute("id", &id(rule)).attribute("class", class);
    page.raw(if rule.outcome == Outcome::Failed { " open>\n<summary>" } else { ">\n<summary>" });
    page.raw("<span class=\"mark\" aria-hidden=\"true\">").text(rule.outcome.mark());
    page.raw("</span><span class=\"unseen\">").text(rule.outcome.word()).raw(": </span><strong>");
    page.text(&rule.code).raw("</strong> <span class=\"title\">").prose(&plain::single(&rule.title)).raw("</span>");
    let badge = match (rule.outcome, rule.severity) {
        (Outcome::Failed, Severity::Critical | Severity::Error) => "badge bad",
        (Outcome::Failed, Severity::Warning) => "badge doubtful",
        _ => "badge",
    };
    page.raw("<span class=\"badges\">").element("span", badge, rule.severity.word()).raw("</span></summary>\n");
    page.raw("<div class=\"body\">\n<p class=\"quiet\">").prose(&plain::single(&rule.source)).raw("</p>\n");
    if let Some(reason) = &rule.reason {
        page.raw("<p><strong>Undecided:</strong> ").prose(&plain::single(reason)).raw("</p>\n");
    }
    for (index, evidence) in rule.evidence.iter().enumerate() {
        if let Some(run) = report.runs.get(evidence.run) {
            shown_by(&format!("{}-{}", id(rule), index + 1), evidence, run, page);
        }
    }
    page.raw("</div>\n</details>\n");
}

fn shown_by(id: &str, evidence: &Evidence, run: &Run, page: &mut Markup) {
    page.raw("<div class=\"evidence\">\n<p><strong>").prose(&plain::single(&evidence.text)).raw("</strong> ");
    page.element("span", "quiet", &text::run_name(run)).raw("</p>\n");
    if let Some(timeline) = Timeline::of(evidence, run) {
        shapes::write(id, &timeline, page);
    }
    table(evidence, run, page);
    page.raw("</div>\n");
}

/// The exchanges that are meant, in numbers.
fn table(evidence: &Evidence, run: &Run, page: &mut Markup) {
    let meant: Vec<&Exchange> =
        run.exchanges.iter().filter(|exchange| evidence.exchanges.contains(&exchange.number)).collect();
    if meant.is_empty() {
        return;
    }
    page.raw("<details class=\"exchanges\">\n<summary>");
    page.text(&plain::count(meant.len() + evidence.exchanges_left_out, "exchange")).raw("</summary>\n");
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Exchanges\"><table>\n<thead><tr>");
    for name in ["#", "begun", "took", "request", "answer", "performed", "faults"] {
        page.raw("<th scope=\"col\">").text(name).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for exchange in meant.iter().take(ROWS_MAX) {
        row(exchange, page);
    }
    page.raw("</tbody>\n</table></div>\n");
    let left_out = meant.len().saturating_sub(ROWS_MAX) + evidence.exchanges_left_out;
    if let Some(more) = plain::more(left_out, "exchange") {
        page.raw("<p class=\"quiet\">").text(&more).raw("</p>\n");
    }
    page.raw("</details>\n");
}

fn row(exchange: &Exchange, page: &mut Markup) {
    page.raw("<tr><th scope=\"row\">").text(&exchange.number.to_string()).raw("</th>");
    page.element("td", "", &words::span(exchange.begun_us));
    page.element("td", "", &words::span(exchange.ended_us.saturating_sub(exchange.begun_us)));
    let request = plain::line(&format!("{} {}", exchange.method, exchange.target), TARGET_WIDTH_MAX);
    page.raw("<td>").element("code", "", &request).raw("</td>");
    let answer = match exchange.end {
        End::Replied => exchange.status.to_string(),
        End::Cut => format!("{}, cut by the fault", exchange.status),
        End::Left if exchange.still_waiting => "none, still waited for at the end".to_owned(),
        End::Left => "none, the client left".to_owned(),
    };
    let performed = match exchange.performed {
        Performed::No => "no",
        Performed::Yes => "yes",
        Performed::Twice => "twice",
        Performed::Replayed => "replayed",
    };
    page.element("td", "", &answer).element("td", "", performed);
    let faults: Vec<String> =
        exchange.struck.iter().map(|struck| plain::single(&format!("{}: {}", struck.kind, struck.text))).collect();
    page.raw("<td>").prose(&faults.join(", ")).raw("</td></tr>\n");
}
