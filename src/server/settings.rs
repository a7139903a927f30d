//! How a server is set up.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::session::Judge;
use crate::world::clock::{Clock, FROZEN_START};
use crate::world::fault::Fault;

/// The seed when none is named: two plain starts give the same bytes.
pub const SEED_DEFAULT: u64 = 1;
/// Where the server listens when nothing else is said.
pub const PORT_DEFAULT: u16 = 4010;

#[derive(Debug, Clone)]
pub struct Settings {
    pub host: String,
    /// 0 picks a free port.
    pub port: u16,
    pub seed: u64,
    pub clock: ClockSetting,
    /// When given, every control call must carry it as a bearer token. Required off loopback.
    pub control_token: Option<String>,
    /// Hosts beside loopback that webhooks may be sent to.
    pub allow_webhooks_to: Vec<String>,
    /// File that the default world is loaded from at the start and saved to at the end.
    pub state: Option<PathBuf>,
    /// With a file, the server speaks HTTPS and writes the certificate that clients are to trust there.
    pub tls: Option<PathBuf>,
    /// What is armed in every new world, in this order, and again when one is reset.
    pub faults: Vec<PlannedFault>,
    /// `None` logs nothing.
    pub log: Option<LogForm>,
    /// Remembers what clients do in each world, for an audit ([`super::Serving::take_watched`]).
    pub watch: bool,
    /// Judges what is watched, for the control API; it needs `watch`.
    pub judge: Option<Judge>,
}

/// A fault that worlds begin with.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedFault {
    /// The one world that it is for; every world when absent.
    pub world: Option<String>,
    pub fault: Fault,
}

impl PlannedFault {
    pub fn is_for(&self, world: &str) -> bool {
        self.world.as_deref().is_none_or(|name| name == world)
    }
}

/// How the clock of a new world starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSetting {
    /// Follows wall time.
    Wall,
    /// Stands at this instant (milliseconds since the Unix epoch) until told otherwise.
    Frozen(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            host: "127.0.0.1".to_owned(),
            port: PORT_DEFAULT,
            seed: SEED_DEFAULT,
            clock: ClockSetting::Wall,
            control_token: None,
            allow_webhooks_to: Vec::new(),
            state: None,
            tls: None,
            faults: Vec::new(),
            log: None,
            watch: false,
            judge: None,
        }
    }
}

impl Settings {
    /// The scheme by which the server is reached.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Can only this machine reach the server?
    pub fn on_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl ClockSetting {
    /// Frozen at the documented instant.
    pub const FROZEN: ClockSetting = ClockSetting::Frozen(FROZEN_START);

    pub(super) fn start(self) -> Clock {
        match self {
            ClockSetting::Wall => Clock::wall(wall_ms()),
            ClockSetting::Frozen(instant) => Clock::frozen(instant),
        }
    }
}

/// Is this host name or address (brackets allowed) one of this machine's own?
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => address.to_canonical().is_loopback(),
        Ok(address) => address.is_loopback(),
        Err(_) => host.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
    }
}

/// Wall time in milliseconds since the Unix epoch. The only place that asks for it.
pub(crate) fn wall_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_by_name_and_by_address() {
        for host in
            ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST", "localhost.", "::ffff:127.0.0.1"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "", "[", "128.0.0.1"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
