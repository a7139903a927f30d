//! A timeline in shapes. Positions are attributes of the drawing, since the page's policy allows no style of a single element.

use super::super::timeline::{Attempt, Lane, Timeline, Tone};
use super::super::words::span;
use crate::report::markup::Markup;
use crate::report::plain;

/// Units of the drawing: its width, the axis within it, and the heights of a lane and of the axis.
const WIDTH: u64 = 1_000;
const AXIS_FROM: u64 = 190;
const AXIS_UNTIL: u64 = 960;
const LANE_HEIGHT: u64 = 40;
const AXIS_HEIGHT: u64 = 26;
/// Narrower marks cannot be seen.
const MARK_WIDTH_MIN: u64 = 3;
/// What a mark's text takes; texts that would lie on each other are left out, and stand in the words below.
const TEXT_WIDTH: u64 = 34;
/// Characters of a lane's label.
const LABEL_WIDTH_MAX: usize = 22;
/// Attempts that are drawn in a lane; the first ones.
const ATTEMPTS_MAX: usize = 100;

pub fn write(id: &str, timeline: &Timeline, page: &mut Markup) {
    let height = AXIS_HEIGHT + LANE_HEIGHT * timeline.lanes.len() as u64;
    page.raw("<figure class=\"timeline\">\n<svg role=\"img\"").attribute("viewBox", &format!("0 0 {WIDTH} {height}"));
    page.attribute("aria-labelledby", &format!("{id}-title {id}-words")).raw(">\n<title");
    page.attribute("id", &format!("{id}-title")).raw(">").text(&title(timeline)).raw("</title>\n<desc");
    page.attribute("id", &format!("{id}-words")).raw(">").text(&timeline.in_words()).raw("</desc>\n");
    let line = [("x1", AXIS_FROM), ("x2", AXIS_UNTIL), ("y1", AXIS_HEIGHT - 6), ("y2", AXIS_HEIGHT - 6)];
    shape("line", "axis", &line, page);
    label("axis-text", AXIS_FROM, AXIS_HEIGHT - 12, &span(timeline.from), page);
    label("axis-text end", AXIS_UNTIL, AXIS_HEIGHT - 12, &span(timeline.until), page);
    for (index, lane) in timeline.lanes.iter().enumerate() {
        draw(lane, AXIS_HEIGHT + LANE_HEIGHT * index as u64, timeline, page);
    }
    page.raw("</svg>\n<figcaption><ul>\n");
    for lane in &timeline.lanes {
        page.raw("<li><code>").text(&plain::single(&lane.label)).raw("</code> ");
        page.prose(&plain::single(&lane.captions.join("; "))).raw("</li>\n");
    }
    if let Some(more) = plain::more(timeline.lanes_left_out, "call") {
        page.raw("<li>").text(&more).raw("</li>\n");
    }
    page.raw("</ul></figcaption>\n</figure>\n");
}

fn title(timeline: &Timeline) -> String {
    format!("{} from {} to {}", plain::count(timeline.lanes.len(), "call"), span(timeline.from), span(timeline.until))
}

fn draw(lane: &Lane, top: u64, timeline: &Timeline, page: &mut Markup) {
    let middle = top + LANE_HEIGHT - 14;
    label("lane", 0, middle + 4, &plain::line(&lane.label, LABEL_WIDTH_MAX), page);
    let (Some(first), Some(last)) = (lane.attempts.first(), lane.attempts.last()) else { return };
    let rail =
        [("x1", place(first.begun, timeline)), ("x2", place(last.ended, timeline)), ("y1", middle), ("y2", middle)];
    shape("line", "rail", &rail, page);
    let mut free = 0;
    for attempt in lane.attempts.iter().take(ATTEMPTS_MAX) {
        let at = place(attempt.begun, timeline);
        let width = place(attempt.ended, timeline).saturating_sub(at).max(MARK_WIDTH_MIN);
        let bar = [("x", at), ("y", middle - 7), ("width", width), ("height", 14), ("rx", 2)];
        page.raw("<g>").element("title", "", &hint(attempt));
        shape("rect", class(attempt), &bar, page);
        if at >= free {
            label("mark-text", at, middle - 11, &attempt.mark, page);
            free = at + TEXT_WIDTH;
        }
        page.raw("</g>\n");
    }
}

fn hint(attempt: &Attempt) -> String {
    let lasted = span(attempt.ended.saturating_sub(attempt.begun));
    format!("{} at {}: {} after {lasted}", attempt.name, span(attempt.begun), attempt.mark)
}

/// What the evidence names stands out.
fn class(attempt: &Attempt) -> &'static str {
    match (attempt.tone, attempt.meant) {
        (Tone::Good, true) => "attempt good meant",
        (Tone::Good, false) => "attempt good",
        (Tone::Doubtful, true) => "attempt doubtful meant",
        (Tone::Doubtful, false) => "attempt doubtful",
        (Tone::Bad, true) => "attempt bad meant",
        (Tone::Bad, false) => "attempt bad",
    }
}

fn place(at: u64, timeline: &Timeline) -> u64 {
    let length = u128::from(timeline.until - timeline.from).max(1);
    let passed = u128::from(at.clamp(timeline.from, timeline.until) - timeline.from);
    let room = u128::from(AXIS_UNTIL - AXIS_FROM);
    AXIS_FROM + u64::try_from(passed * room / length).unwrap_or(AXIS_UNTIL - AXIS_FROM)
}

fn shape(name: &'static str, class: &'static str, places: &[(&'static str, u64)], page: &mut Markup) {
    page.raw("<").raw(name).attribute("class", class);
    for (name, value) in places {
        page.attribute(name, &value.to_string());
    }
    page.raw("/>\n");
}

fn label(class: &'static str, x: u64, y: u64, text: &str, page: &mut Markup) {
    page.raw("<text").attribute("class", class).attribute("x", &x.to_string()).attribute("y", &y.to_string());
    page.raw(">").text(&plain::single(text)).raw("</text>\n");
}
