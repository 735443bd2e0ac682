//! Progress bars: on a terminal, and nothing otherwise.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Makes bars.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    json: bool,
}

impl Progress {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// For the first reading, in lines.
    pub(super) fn counting(self) -> ProgressBar {
        self.bar(ProgressBar::no_length(), "reading    {spinner} {human_pos} lines")
    }

    /// For a preview, in messages.
    pub(super) fn previewing(self, messages: u64) -> ProgressBar {
        self.bar(ProgressBar::new(messages), "comparing  {wide_bar} {human_pos}/{human_len} messages, {eta} left")
    }

    /// For the last reading, in messages.
    pub(super) fn appending(self, messages: u64) -> ProgressBar {
        let look = "appending  {wide_bar} {human_pos}/{human_len} messages, {per_sec}, {eta} left";
        self.bar(ProgressBar::new(messages), look)
    }

    fn bar(self, bar: ProgressBar, look: &str) -> ProgressBar {
        let hidden = self.json || !std::io::stderr().is_terminal();
        bar.set_draw_target(if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) });
        bar.with_style(ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}
