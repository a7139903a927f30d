//! Time zones: what a clock on the wall shows somewhere. The rules are compiled in, so every machine knows the same ones.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::argument::Arguments;
use super::time::moment;

/// Longest name of a time zone that is looked up.
const NAME_BYTES_MAX: usize = 64;

/// Never the machine's own: it may know other rules, or none.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A zone by its IANA name (`Europe/Berlin`), in any case.
pub(super) fn zone(name: &str) -> Result<TimeZone, String> {
    let found = Some(name).filter(|name| name.len() <= NAME_BYTES_MAX).and_then(|name| ZONES.get(name).ok());
    found.ok_or_else(|| {
        let shown: String = name.chars().take(NAME_BYTES_MAX).collect();
        format!("'{shown}' is not the name of a time zone, such as Europe/Berlin or UTC")
    })
}

/// A moment as a zone's clocks and calendars show it.
pub(super) fn zoned(ms: i64, zone: TimeZone) -> Result<Zoned, String> {
    let moment = Timestamp::from_millisecond(ms).map_err(|_| format!("{ms} is out of the range of time"))?;
    Ok(moment.to_zoned(zone))
}

pub fn knows_zone(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.value(0).as_str().is_some_and(|name| zone(name).is_ok()).into())
}

pub fn in_zone(arguments: Arguments<'_>) -> Result<Value, String> {
    let local = zoned(moment(arguments, 0)?, zone(arguments.text(1)?)?)?;
    Ok(json!({
        "year": local.year(),
        "month": local.month(),
        "day": local.day(),
        "hour": local.hour(),
        "minute": local.minute(),
        "weekday": local.weekday().to_monday_one_offset(),
        "offset": local.offset().seconds() / 60,
    }))
}
