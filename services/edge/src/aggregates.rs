//! The aggregates that this edge serves: one line each.

use threadline_domain::thread::Thread;

use crate::commands::{Appender, Commands};
use crate::hub::Followed;

/// Makes the ways of commands and the list of followed topics of the same lines.
macro_rules! aggregates {
    ($($(#[$doc:meta])* $name:ident: $aggregate:ty;)+) => {
        /// The ways of commands, one for each aggregate.
        #[derive(Clone)]
        pub struct Aggregates {
            /// What the ways share; also appends facts.
            pub appender: Appender,
            $($(#[$doc])* pub $name: Commands<$aggregate>),+
        }

        impl Aggregates {
            /// Makes the ways over one appender.
            pub fn new(appender: Appender) -> Self {
                Self { $($name: Commands::new(&appender),)+ appender }
            }

            /// Returns the event topics of all of them, with the requests that their events settle.
            pub fn followed(&self) -> Followed {
                Followed::default()$(.with(&self.$name))+
            }
        }
    };
}

aggregates! {
    /// Threads.
    threads: Thread;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use threadline_domain::Topic;
    use threadline_eventlog::memory::MemoryLog;

    use super::*;
    use crate::config::CommandsConfig;

    /// Event topics that no aggregate writes yet.
    const UNUSED: [Topic; 2] = [Topic::Disputes, Topic::Payments];

    #[test]
    fn every_event_topic_is_followed_or_unused() {
        let appender = Appender::new(Arc::new(MemoryLog::new(1)), &CommandsConfig::default());
        let followed = Aggregates::new(appender).followed().topics();
        let mut known: Vec<Topic> = followed.into_iter().chain(UNUSED).collect();
        known.sort_unstable();
        assert_eq!(known, Topic::events().collect::<Vec<_>>());
    }
}
