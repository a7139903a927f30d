//! The world's one clock. Instants are milliseconds since the Unix epoch, UTC.

/// Where a frozen world starts when no instant is named: 2026-01-01T00:00:00Z.
pub const FROZEN_START: i64 = 1_767_225_600_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    now: i64,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Moves only when told to.
    Frozen,
    /// Wall time plus an offset in milliseconds.
    Wall { offset: i64 },
}

impl Clock {
    pub fn frozen(now: i64) -> Clock {
        Clock { now, mode: Mode::Frozen }
    }

    /// Follows wall time, of which `wall` is the present reading.
    pub fn wall(wall: i64) -> Clock {
        Clock { now: wall, mode: Mode::Wall { offset: 0 } }
    }

    /// A clock as it was saved.
    pub(super) fn restored(now: i64, mode: Mode) -> Clock {
        Clock { now, mode }
    }

    pub fn now(&self) -> i64 {
        self.now
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Where the clock would stand at this wall time. Never earlier than now.
    pub fn target(&self, wall: i64) -> i64 {
        match self.mode {
            Mode::Frozen => self.now,
            Mode::Wall { offset } => self.now.max(wall.saturating_add(offset)),
        }
    }

    /// Moves to an instant while due work is performed; the mode stays. Never goes back.
    pub fn reach(&mut self, instant: i64) {
        self.now = self.now.max(instant);
    }

    /// Sets the instant outright, also backwards; `wall` is the present wall reading.
    pub fn set(&mut self, instant: i64, wall: i64) {
        self.now = instant;
        if let Mode::Wall { .. } = self.mode {
            self.mode = Mode::Wall { offset: instant.saturating_sub(wall) };
        }
    }

    /// Stops the clock where it stands.
    pub fn freeze(&mut self) {
        self.mode = Mode::Frozen;
    }

    /// Lets it follow wall time again from where it stands.
    pub fn follow(&mut self, wall: i64) {
        self.mode = Mode::Wall { offset: self.now.saturating_sub(wall) };
    }
}
