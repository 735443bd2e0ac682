//! Tables of metrics. Each crate declares its metrics once, in a [`table!`], and updates them through the functions that
//! the table generates; no name, unit or label stands anywhere else.
//!
//! Names follow Prometheus: `threadline_`, the role, what is counted, and a suffix: `_total` for what only grows, otherwise
//! the unit. A label has few values; it never holds an id of a person, a thread or a message.

/// For [`table!`].
pub use metrics;

/// A metric, as operators see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, such as `threadline_decider_events_total`.
    pub name: &'static str,
    /// Whether it grows, goes up and down, or is a distribution.
    pub kind: Kind,
    /// What it counts.
    pub unit: Unit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it means, in one sentence.
    pub help: &'static str,
}

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, until the process ends.
    Counter,
    /// It goes up and down.
    Gauge,
    /// A distribution of values, in buckets.
    Histogram,
}

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
}

/// Upper bounds of times, in seconds: from what a healthy system takes to the longest timeout that is usual.
const BUCKETS_SECONDS: [f64; 17] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// Upper bounds of numbers of things: a batch may hold some thousands.
const BUCKETS_COUNT: [f64; 13] =
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0];
/// Upper bounds of sizes.
const BUCKETS_BYTES: [f64; 8] = [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0];

impl Metric {
    /// Tells the process's recorder what this metric means.
    pub fn describe(&self) {
        let unit = match self.unit {
            Unit::Count => metrics::Unit::Count,
            Unit::Bytes => metrics::Unit::Bytes,
            Unit::Seconds => metrics::Unit::Seconds,
        };
        match self.kind {
            Kind::Counter => metrics::describe_counter!(self.name, unit, self.help),
            Kind::Gauge => metrics::describe_gauge!(self.name, unit, self.help),
            Kind::Histogram => metrics::describe_histogram!(self.name, unit, self.help),
        }
    }

    /// The upper bounds of a histogram's buckets.
    pub const fn buckets(&self) -> &'static [f64] {
        match self.unit {
            Unit::Count => &BUCKETS_COUNT,
            Unit::Bytes => &BUCKETS_BYTES,
            Unit::Seconds => &BUCKETS_SECONDS,
        }
    }
}

/// Declares the metrics of a crate. Each entry becomes a function of its name that returns the metric, to be counted up or
/// set; labels are the function's parameters. All of them together become the constant `METRICS`.
///
/// ```
/// mod metrics {
///     threadline_metrics::table! {
///         /// Events that were appended.
///         counter events = "threadline_decider_events_total", Count;
///         /// Records that became dead letters.
///         counter dead_letters = "threadline_decider_dead_letters_total", Count, by topic;
///     }
/// }
/// metrics::events().increment(1);
/// metrics::dead_letters("messages").increment(1);
/// assert_eq!(metrics::METRICS[1].labels, ["topic"]);
/// ```
#[macro_export]
macro_rules! table {
    ($(#[doc = $help:literal] $kind:ident $function:ident = $name:literal, $unit:ident $(, by $($label:ident)+)?;)+) => {
        $($crate::metric!(#[doc = $help] $kind $function $name $($($label)+)?);)+

        /// Everything that this crate measures.
        pub const METRICS: &[$crate::Metric] = &[$($crate::Metric {
            name: $name,
            kind: $crate::kind!($kind),
            unit: $crate::Unit::$unit,
            labels: &[$($(stringify!($label)),+)?],
            help: $help.trim_ascii(),
        }),+];
    };
}

/// One function of a [`table!`].
#[doc(hidden)]
#[macro_export]
macro_rules! metric {
    (#[$help:meta] counter $function:ident $name:literal $($label:ident)*) => {
        #[$help]
        pub(crate) fn $function($($label: impl Into<$crate::metrics::SharedString>),*) -> $crate::metrics::Counter {
            $crate::metrics::counter!($name $(, stringify!($label) => $label)*)
        }
    };
    (#[$help:meta] gauge $function:ident $name:literal $($label:ident)*) => {
        #[$help]
        pub(crate) fn $function($($label: impl Into<$crate::metrics::SharedString>),*) -> $crate::metrics::Gauge {
            $crate::metrics::gauge!($name $(, stringify!($label) => $label)*)
        }
    };
    (#[$help:meta] histogram $function:ident $name:literal $($label:ident)*) => {
        #[$help]
        pub(crate) fn $function($($label: impl Into<$crate::metrics::SharedString>),*) -> $crate::metrics::Histogram {
            $crate::metrics::histogram!($name $(, stringify!($label) => $label)*)
        }
    };
}

/// A [`Kind`] by its word in a [`table!`].
#[doc(hidden)]
#[macro_export]
macro_rules! kind {
    (counter) => {
        $crate::Kind::Counter
    };
    (gauge) => {
        $crate::Kind::Gauge
    };
    (histogram) => {
        $crate::Kind::Histogram
    };
}
